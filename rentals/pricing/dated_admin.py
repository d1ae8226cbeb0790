"""What the pages of dated rows share: they change forward only, and stay as they are once somebody has seen them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminSingleDateWidget

from rentals.pricing import services
from rentals.pricing.errors import PricesOverlap
from rentals.pricing.price_changes import DatedRow
from voltgo.core import clock
from voltgo.core.backoffice.fields import format_share
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.errors import DomainError


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
    """Refuses prices of days that are over, and two of one kind on one day, in the words of the rule."""

    # What makes two rows be about the same thing; empty for rows that may stand beside each other.
    same: ClassVar[tuple[str, ...] | None] = None

    def clean_valid_from(self) -> Any:
        valid_from = self.cleaned_data["valid_from"]
        _said_politely(lambda: services.check_start(valid_from))
        return valid_from

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.same is None or not {"valid_from", *self._asked} <= values.keys():
            return values
        others = self._meta.model._default_manager.filter(**{name: values.get(name) for name in self.same})
        first, last = values["valid_from"], values.get("valid_until")
        if services.meeting(others.exclude(pk=self.instance.pk), first, last).exists():
            raise ValidationError(str(PricesOverlap.message), code=PricesOverlap.code)
        return values

    @property
    def _asked(self) -> set[str]:
        """The fields that must be sound before the question makes sense."""
        return {name for name in self.same or () if self.fields[name].required}


def _said_politely(rule: Any) -> None:
    try:
        rule()
    except DomainError as refusal:
        raise ValidationError(str(refusal), code=refusal.code) from refusal


class LastDayForm(StepForm):
    last_day = forms.DateField(label=_("Áp dụng đến hết ngày"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"last_day": clock.today()}


def is_open_ended(row: Any) -> bool:
    return row.valid_until is None or row.valid_until >= clock.today()


END_STEP = Step(
    name="end",
    label=_("Kết thúc"),
    hint=_("Sau ngày này giá không còn áp dụng. Báo giá và lượt đặt đã có giữ nguyên giá."),
    form_class=LastDayForm,
    do=lambda row, by, values: services.end_price(row=row, last_day=values["last_day"], by=by),
    applies=is_open_ended,
    icon="event_available",
    is_for_many=False,
)


def percent_text(shown: str) -> str:
    """Print basis points of a read-only field, which come as the text of their number."""
    return f"{format_share(int(shown))} %" if shown.isdigit() else shown


class DatedAdmin(OperatorAdmin):
    """Rows that apply from a day on: edited and deleted only as long as nobody has seen them."""

    readonly_preprocess_fields = dict.fromkeys(["weekend_bp", "peak_bp", "holiday_bp"], percent_text)
    refusals = dict.fromkeys(
        ["tariff_no_overlap", "add_on_no_overlap", "one_way_fee_no_overlap"],
        PricesOverlap.message,
    )

    def note_for(self, row: Any) -> StrOrPromise:
        if not services.is_in_use(row):
            return ""
        return _(
            "Giá này đang được áp dụng nên không sửa và không xóa được: hãy kết thúc và lập giá kế tiếp."
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_change_permission(request, obj))
        return may and (not isinstance(obj, DatedRow) or not services.is_in_use(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and isinstance(obj, DatedRow) and not services.is_in_use(obj)
