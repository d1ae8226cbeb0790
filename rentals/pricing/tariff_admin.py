"""Tariffs for operators: amounts in dong, a successor from a day on, and what it would cost, before it is saved."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from rentals.pricing import services
from rentals.pricing.comparing import compare
from rentals.pricing.dated_admin import END_STEP, DatedAdmin, DatedForm, ValidityFilter, is_open_ended
from rentals.pricing.models import Tariff
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, dong
from voltgo.core.backoffice.fields import DongInput, ShareInput
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.clock import Period
from voltgo.core.money import format_dong

PRICES = (
    "hour_amount",
    "day_amount",
    "week_amount",
    "month_amount",
    "weekend_bp",
    "peak_bp",
    "holiday_bp",
    "deposit_amount",
    "young_driver_day_amount",
    "young_driver_age",
)
RULES = (
    "included_km_per_day",
    "extra_km_amount",
    "late_grace_minutes",
    "late_first_hour_amount",
    "late_next_hour_amount",
    "return_battery_percent",
    "energy_fee_amount",
    "cleaning_fee_amount",
)
SHARES: dict[str, Any] = {
    "weekend_bp": {
        "label": _("Hệ số cuối tuần"),
        "help_text": _("100 % là không phụ thu; 120 % là thêm một phần năm."),
    },
    "peak_bp": {
        "label": _("Hệ số giờ cao điểm"),
        "help_text": _("Mỗi phút chỉ tính hệ số cao nhất, không nhân với nhau."),
    },
    "holiday_bp": {
        "label": _("Hệ số ngày lễ"),
        "help_text": _("Giá tuần và giá tháng là mức tối đa, không nhân hệ số."),
    },
}


PLACE = ("model", "city", "station")
MOMENT = "%Y-%m-%dT%H:%M"


class TariffForm(DatedForm):
    same = PLACE
    weekend_bp = ShareInput(**SHARES["weekend_bp"], initial=10_000)
    peak_bp = ShareInput(**SHARES["peak_bp"], initial=10_000)
    holiday_bp = ShareInput(**SHARES["holiday_bp"], initial=10_000)

    class Meta:
        model = Tariff
        fields = (*PLACE, "valid_from", "valid_until", *PRICES, *RULES)
        # What is only read is called as what is typed: per cent, not basis points.
        labels: ClassVar = {name: said["label"] for name, said in SHARES.items()}


class MomentInput(forms.DateTimeField):
    """A day and an hour in Vietnam's time."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1800"})
        super().__init__(input_formats=[MOMENT], widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return clock.local(value).strftime(MOMENT) if isinstance(value, datetime) else value


class SuccessorForm(StepForm):
    """The new amounts, beginning with the old ones, and the dates for which to try them."""

    valid_from = forms.DateField(label=_("Áp dụng từ"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tariff: Tariff = self.rows[0]
        for name in (*PRICES, *RULES):
            self.fields[name] = _field_of(name)
        self.fields["try_from"] = MomentInput(label=_("Xem thử: nhận xe lúc"), required=False)
        self.fields["try_until"] = MomentInput(label=_("Xem thử: trả xe lúc"), required=False)
        starts_on = first_day_after(tariff)
        first = datetime.combine(starts_on, time(9), tzinfo=clock.LOCAL_ZONE)
        self.initial = {
            **model_to_dict(tariff, fields=[*PRICES, *RULES]),
            "valid_from": starts_on,
            "try_from": first,
            "try_until": first + timedelta(days=2),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            successor(self.rows[0], values).validate_constraints()
            first = first_day_after(self.rows[0])
            if values["valid_from"] < first:
                said = _("Giá mới áp dụng sớm nhất từ %(day)s, không thay đổi những ngày đã qua.")
                self.add_error("valid_from", ValidationError(said, params={"day": f"{first:%d/%m/%Y}"}))
            start, end = values.get("try_from"), values.get("try_until")
            if start and end and end <= start:
                self.add_error("try_until", ValidationError(_("Giờ trả phải sau giờ nhận.")))
        return values


def first_day_after(tariff: Tariff) -> date:
    """Return the earliest day on which another tariff may follow."""
    return max(clock.today(), tariff.valid_from) + timedelta(days=1)


def successor(tariff: Tariff, values: Mapping[str, Any]) -> Tariff:
    """Return the tariff that would follow, not written."""
    amounts = {name: values[name] for name in (*PRICES, *RULES)}
    place = {name: getattr(tariff, name) for name in PLACE}
    return Tariff(**place, **amounts, valid_from=values["valid_from"])


def _field_of(name: str) -> forms.Field:
    """Return the form field of a tariff's column, in the way that operators write it."""
    if name in SHARES:
        return ShareInput(**SHARES[name])
    column: Any = Tariff._meta.get_field(name)
    if name.endswith("_amount"):
        field: forms.Field = column.formfield(form_class=DongInput)
    else:
        field = column.formfield(widget=UnfoldAdminIntegerFieldWidget)
    return field


def _succeed(tariff: Tariff, by: Actor, values: Mapping[str, Any]) -> Tariff:
    return services.succeed_tariff(tariff=tariff, successor=successor(tariff, values), by=by)


def _preview(tariff: Tariff, values: Mapping[str, Any]) -> Panel:
    """Show what some dates would cost now and then, line by line."""
    headings = (_("Giá hiện nay"), _("Số tiền"), _("Giá mới"), _("Số tiền"), _("Chênh lệch"))
    title = _("Những ngày này sẽ giá bao nhiêu?")
    empty = _("Chọn giờ nhận và giờ trả để xem thử.")
    start, end = values.get("try_from"), values.get("try_until")
    if not start or not end:
        return Panel(title=title, headings=headings, rows=(), empty=empty)
    rows = [
        (
            row.before_words,
            format_dong(row.before) if row.before_words else "",
            row.after_words,
            format_dong(row.after) if row.after_words else "",
            format_dong(row.after - row.before),
        )
        for row in compare(tariff, successor(tariff, values), Period(start, end))
    ]
    return Panel(title=title, headings=headings, rows=rows, empty=empty)


@admin.register(Tariff)
class TariffAdmin(DatedAdmin):
    form = TariffForm
    list_display = ("model", "place", "valid_from", "valid_until", "hour", "day", "week", "month", "deposit")
    list_filter = (
        ValidityFilter,
        ("city", RelatedDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("model", AutocompleteSelectFilter),
    )
    list_select_related = ("model", "city", "station")
    search_fields = ("model__name", "model__maker")
    autocomplete_fields = ("model", "city", "station")
    ordering = ("model__maker", "model__name", "-valid_from")
    fieldsets = (
        (None, {"fields": ("model", ("city", "station"), ("valid_from", "valid_until"))}),
        (
            _("Giá thuê, đã có thuế GTGT"),
            {
                "fields": (
                    ("hour_amount", "day_amount"),
                    ("week_amount", "month_amount"),
                    ("weekend_bp", "peak_bp"),
                    "holiday_bp",
                    ("young_driver_day_amount", "young_driver_age"),
                )
            },
        ),
        (_("Tiền cọc"), {"fields": ("deposit_amount",)}),
        (
            _("Khi trả xe"),
            {
                "fields": (
                    ("included_km_per_day", "extra_km_amount"),
                    "late_grace_minutes",
                    ("late_first_hour_amount", "late_next_hour_amount"),
                    ("return_battery_percent", "energy_fee_amount"),
                    "cleaning_fee_amount",
                )
            },
        ),
    )
    steps = (
        Step(
            name="succeed",
            label=_("Lập bảng giá kế tiếp"),
            hint=_(
                "Bảng giá này kết thúc vào ngày trước đó; bảng giá mới áp dụng tiếp cho cùng mẫu xe và nơi thuê."
            ),
            form_class=SuccessorForm,
            do=_succeed,
            preview=_preview,
            applies=is_open_ended,
            permission="add",
            icon="next_plan",
            is_for_many=False,
        ),
        END_STEP,
    )
    hour = dong("hour_amount", _("giờ"))
    day = dong("day_amount", _("ngày"))
    week = dong("week_amount", _("tuần"))
    month = dong("month_amount", _("tháng"))
    deposit = dong("deposit_amount", _("tiền cọc"))

    @column(_("nơi áp dụng"), order="city__name")
    def place(self, tariff: Tariff) -> str:
        return str(tariff.station or tariff.city or _("mọi thành phố"))
