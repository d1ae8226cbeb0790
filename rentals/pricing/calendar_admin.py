"""Holidays and busy hours for operators: entered ahead, and left alone once they have begun."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.dated_admin import END_STEP, DatedAdmin, DatedForm, ValidityFilter
from rentals.pricing.errors import PriceBackdated, PricesOverlap
from stations.network.models import clock_face
from voltgo.core import clock
from voltgo.core.backoffice.columns import column
from voltgo.core.backoffice.fields import MinuteInput
from voltgo.core.backoffice.pages import OperatorAdmin


class HolidayForm(forms.ModelForm[Holiday]):
    class Meta:
        model = Holiday
        fields = ("name", "name_en", "first_day", "last_day", "minimum_days", "source")

    def clean_first_day(self) -> Any:
        first_day = self.cleaned_data["first_day"]
        if first_day <= clock.today():
            raise ValidationError(str(PriceBackdated.message), code=PriceBackdated.code)
        return first_day

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if {"first_day", "last_day"} <= values.keys():
            others = Holiday.objects.exclude(pk=self.instance.pk)
            if others.filter(first_day__lte=values["last_day"], last_day__gte=values["first_day"]).exists():
                raise ValidationError(_("Đã có ngày lễ khác trong những ngày này."), code="holidays_overlap")
        return values


def _has_begun(row: Any) -> bool:
    return isinstance(row, Holiday) and row.first_day <= clock.today()


@admin.register(Holiday)
class HolidayAdmin(OperatorAdmin):
    """Quotes freeze the calendar: what is changed here holds for new quotes only."""

    form = HolidayForm
    list_display = ("name", "first_day", "last_day", "minimum_days", "source")
    search_fields = ("name", "name_en", "source")
    date_hierarchy = "first_day"
    ordering = ("first_day",)
    fields = (("name", "name_en"), ("first_day", "last_day"), "minimum_days", "source")
    refusals = {"holiday_no_overlap": PricesOverlap.message}

    def note_for(self, row: Any) -> Any:
        return _("Ngày lễ đã bắt đầu nên không sửa và không xóa được.") if _has_begun(row) else ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and not _has_begun(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and obj is not None and not _has_begun(obj)


class PeakHoursForm(DatedForm):
    starts_minute = MinuteInput(label=_("Từ"))
    ends_minute = MinuteInput(label=_("Đến"))

    class Meta:
        model = PeakHours
        fields = ("city", "weekday", "starts_minute", "ends_minute", "valid_from", "valid_until")


@admin.register(PeakHours)
class PeakHoursAdmin(DatedAdmin):
    form = PeakHoursForm
    list_display = ("day", "hours", "place", "valid_from", "valid_until")
    list_filter = (
        ValidityFilter,
        ("city", RelatedDropdownFilter),
        ("weekday", ChoicesDropdownFilter),
    )
    list_select_related = ("city",)
    search_fields = ("city__name", "city__name_en")
    autocomplete_fields = ("city",)
    ordering = ("weekday", "starts_minute")
    fields = ("city", "weekday", ("starts_minute", "ends_minute"), ("valid_from", "valid_until"))
    readonly_preprocess_fields = dict.fromkeys(
        ["starts_minute", "ends_minute"], lambda shown: clock_face(int(shown)) if shown.isdigit() else shown
    )
    steps = (END_STEP,)

    @column(_("ngày"), order="weekday")
    def day(self, row: PeakHours) -> str:
        return str(row.get_weekday_display())

    @column(_("giờ"), order="starts_minute")
    def hours(self, row: PeakHours) -> str:
        return f"{clock_face(row.starts_minute)}–{clock_face(row.ends_minute)}"

    @column(_("nơi áp dụng"), order="city__name")
    def place(self, row: PeakHours) -> str:
        return str(row.city or _("mọi thành phố"))
