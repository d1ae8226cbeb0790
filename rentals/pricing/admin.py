"""Tariffs, tax rates and quotes, for operators. Prices change forward only, and never under a quote."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from rentals.pricing import services
from rentals.pricing.errors import PricesOverlap
from rentals.pricing.models import Quote, Tariff, TaxRate
from rentals.pricing.wording import describe
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, dong, link, link_to, moment
from voltgo.core.backoffice.fields import DongInput, ShareInput, format_share
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong

PRICES = ("hour_amount", "day_amount", "week_amount", "month_amount", "weekend_bp", "deposit_amount")
RULES = (
    "included_km_per_day",
    "extra_km_amount",
    "late_grace_minutes",
    "late_first_hour_amount",
    "late_next_hour_amount",
    "return_battery_percent",
    "energy_fee_amount",
)
WEEKEND = {
    "label": _("Hệ số cuối tuần"),
    "help_text": _("100 % là không phụ thu; 120 % là thêm một phần năm."),
}


class ValidityFilter(DropdownFilter):
    """Prices that apply today, that will, or that did."""

    title = _("hiệu lực")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("now", _("đang áp dụng")), ("coming", _("sắp áp dụng")), ("past", _("đã kết thúc"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = clock.today()
        chosen = {
            "now": services.valid_on(today),
            "coming": Q(valid_from__gt=today),
            "past": Q(valid_until__lt=today),
        }.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


class DatedForm(forms.ModelForm[Any]):
    """Refuses prices of days that are over, in the words of the rule."""

    def clean_valid_from(self) -> Any:
        valid_from = self.cleaned_data["valid_from"]
        _said_politely(lambda: services.check_start(valid_from))
        return valid_from


def _said_politely(rule: Any) -> None:
    try:
        rule()
    except DomainError as refusal:
        raise ValidationError(str(refusal), code=refusal.code) from refusal


class TariffForm(DatedForm):
    weekend_bp = ShareInput(**WEEKEND, initial=10_000)

    class Meta:
        model = Tariff
        fields = ("model", "city", "valid_from", "valid_until", *PRICES, *RULES)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if {"model", "valid_from"} <= values.keys():
            others = Tariff.objects.filter(model=values["model"], city=values.get("city"))
            first, last = values["valid_from"], values.get("valid_until")
            if services.meeting(others.exclude(pk=self.instance.pk), first, last).exists():
                raise ValidationError(str(PricesOverlap.message), code=PricesOverlap.code)
        return values


class LastDayForm(StepForm):
    last_day = forms.DateField(label=_("Áp dụng đến hết ngày"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"last_day": clock.today()}


class SuccessorForm(StepForm):
    """The new amounts, beginning with the old ones."""

    valid_from = forms.DateField(label=_("Áp dụng từ"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tariff: Tariff = self.rows[0]
        for name in (*PRICES, *RULES):
            self.fields[name] = _field_of(name)
        self.initial = {
            **model_to_dict(tariff, fields=[*PRICES, *RULES]),
            "valid_from": clock.today() + timedelta(days=1),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            tariff: Tariff = self.rows[0]
            Tariff(**values, model=tariff.model, city=tariff.city).validate_constraints()
        return values


def _field_of(name: str) -> forms.Field:
    """Return the form field of a tariff's column, in the way that operators write it."""
    if name == "weekend_bp":
        return ShareInput(**WEEKEND)
    column: Any = Tariff._meta.get_field(name)
    if name.endswith("_amount"):
        field: forms.Field = column.formfield(form_class=DongInput)
    else:
        field = column.formfield(widget=UnfoldAdminIntegerFieldWidget)
    return field


def _succeed(tariff: Tariff, by: Actor, values: Mapping[str, Any]) -> Tariff:
    return services.succeed_tariff(tariff=tariff, successor=Tariff(**values), by=by)


def _is_open_ended(row: Tariff | TaxRate) -> bool:
    return row.valid_until is None or row.valid_until >= clock.today()


END_STEP = Step(
    name="end",
    label=_("Kết thúc"),
    hint=_("Sau ngày này giá không còn áp dụng. Báo giá và lượt đặt đã có giữ nguyên giá."),
    form_class=LastDayForm,
    do=lambda row, by, values: services.end_price(row=row, last_day=values["last_day"], by=by),
    applies=_is_open_ended,
    icon="event_available",
    is_for_many=False,
)


def _percent(shown: str) -> str:
    """Print basis points of a read-only field, which come as the text of their number."""
    return f"{format_share(int(shown))} %" if shown.isdigit() else shown


class DatedAdmin(OperatorAdmin):
    """Rows that apply from a day on: edited and deleted only as long as nobody has seen them."""

    readonly_preprocess_fields = {"weekend_bp": _percent, "vat_bp": _percent}
    refusals = {
        "tariff_no_overlap": PricesOverlap.message,
        "tax_rate_no_overlap": PricesOverlap.message,
    }

    def note_for(self, row: Any) -> StrOrPromise:
        if not services.is_in_use(row):
            return ""
        return _(
            "Giá này đang được áp dụng nên không sửa và không xóa được: hãy kết thúc và lập giá kế tiếp."
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_change_permission(request, obj))
        return may and (not isinstance(obj, Tariff | TaxRate) or not services.is_in_use(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and isinstance(obj, Tariff | TaxRate) and not services.is_in_use(obj)


@admin.register(Tariff)
class TariffAdmin(DatedAdmin):
    form = TariffForm
    list_display = ("model", "place", "valid_from", "valid_until", "hour", "day", "week", "month", "deposit")
    list_filter = (
        ValidityFilter,
        ("city", RelatedDropdownFilter),
        ("model", AutocompleteSelectFilter),
    )
    list_select_related = ("model", "city")
    search_fields = ("model__name", "model__maker")
    autocomplete_fields = ("model", "city")
    ordering = ("model__maker", "model__name", "-valid_from")
    fieldsets = (
        (None, {"fields": ("model", "city", ("valid_from", "valid_until"))}),
        (
            _("Giá thuê, đã có thuế GTGT"),
            {"fields": (("hour_amount", "day_amount"), ("week_amount", "month_amount"), "weekend_bp")},
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
                )
            },
        ),
    )
    steps = (
        Step(
            name="succeed",
            label=_("Lập bảng giá kế tiếp"),
            hint=_(
                "Bảng giá này kết thúc vào ngày trước đó; bảng giá mới áp dụng tiếp cho cùng mẫu xe và thành phố."
            ),
            form_class=SuccessorForm,
            do=_succeed,
            applies=_is_open_ended,
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

    @column(_("thành phố"), order="city__name")
    def place(self, tariff: Tariff) -> str:
        return str(tariff.city or _("mọi thành phố"))


class TaxRateForm(DatedForm):
    vat_bp = ShareInput(label=_("Thuế suất GTGT"))

    class Meta:
        model = TaxRate
        fields = ("valid_from", "valid_until", "vat_bp", "source")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "valid_from" in values:
            first, last = values["valid_from"], values.get("valid_until")
            if services.meeting(TaxRate.objects.exclude(pk=self.instance.pk), first, last).exists():
                raise ValidationError(str(PricesOverlap.message), code=PricesOverlap.code)
        return values


@admin.register(TaxRate)
class TaxRateAdmin(DatedAdmin):
    form = TaxRateForm
    list_display = ("rate", "valid_from", "valid_until", "source")
    list_filter = (ValidityFilter,)
    search_fields = ("source",)
    ordering = ("-valid_from",)
    fields = (("valid_from", "valid_until"), "vat_bp", "source")
    steps = (END_STEP,)

    @column(_("thuế suất"), order="vat_bp")
    def rate(self, row: TaxRate) -> str:
        return f"{format_share(row.vat_bp)} %"


def lines_of(quote: Quote) -> Panel:
    """Return the lines of a quote in words, and what they come to."""
    rows = [
        (
            describe(line["code"], line["params"]),
            format_dong(line["net"]),
            format_dong(line["vat"]),
            format_dong(line["gross"]),
        )
        for line in quote.lines
    ]
    total = (
        _("Tổng cộng"),
        format_dong(quote.net_amount),
        format_dong(quote.vat_amount),
        format_dong(quote.total_amount),
    )
    return Panel(
        title=_("Các dòng của báo giá"),
        headings=(_("Nội dung"), _("Trước thuế"), _("Thuế GTGT"), _("Thành tiền")),
        rows=[*rows, total],
        empty="",
    )


@admin.register(Quote)
class QuoteAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "car",
        "place",
        "starts",
        "ends",
        "total",
        "deposit",
        "used",
        "expires_at",
    )
    list_filter = (
        ("model", AutocompleteSelectFilter),
        ("pickup_station", AutocompleteSelectFilter),
        ("booking", admin.EmptyFieldListFilter),
    )
    list_select_related = ("model", "pickup_station", "booking")
    search_fields = ("=id", "=sha256", "=booking__code", "model__name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False
    fields = (
        "id", "car", "vehicle", "place", "return_station", "starts", "ends", "tariff", "total", "net", "vat",
        "deposit", "used", "created_at", "expires_at", "sha256",
    )  # fmt: skip
    panels: ClassVar = (lines_of,)
    car = link("model", _("mẫu xe"), order="model__name")
    place = link("pickup_station", _("trạm nhận"), order="pickup_station__name")
    starts = moment("starts_at", _("giờ nhận xe"))
    ends = moment("ends_at", _("giờ trả xe"))
    total = dong("total_amount", _("tiền thuê"))
    net = dong("net_amount", _("trước thuế"))
    vat = dong("vat_amount", _("thuế GTGT"))
    deposit = dong("deposit_amount", _("tiền cọc"))

    @column(_("lượt đặt"))
    def used(self, quote: Quote) -> str:
        return link_to(getattr(quote, "booking", None))
