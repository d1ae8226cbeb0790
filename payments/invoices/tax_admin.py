"""Tax rules for finance: dated rows that change forward only."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminSingleDateWidget

from payments.invoices import taxes
from payments.invoices.enums import RuleStatus
from payments.invoices.errors import RulesOverlap
from payments.invoices.tax_models import TaxRule
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, tag
from voltgo.core.backoffice.fields import ShareInput, format_share
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.errors import DomainError


class ValidityFilter(DropdownFilter):
    """Rules that apply today, that will, or that did."""

    title = _("hiệu lực")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("now", _("đang áp dụng")), ("coming", _("sắp áp dụng")), ("past", _("đã kết thúc"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = clock.today()
        chosen = {
            "now": taxes.valid_on(today),
            "coming": Q(valid_from__gt=today),
            "past": Q(valid_until__lt=today),
        }.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


class TaxRuleForm(forms.ModelForm[TaxRule]):
    """Refuses rules for days that are over, and two of one activity on one day, in words."""

    vat_bp = ShareInput(
        label=_("Thuế suất GTGT"), required=False, help_text=_("Để trống: không chịu thuế GTGT.")
    )

    class Meta:
        model = TaxRule
        fields = ("activity", "valid_from", "valid_until", "vat_bp", "source", "status")

    def clean_valid_from(self) -> Any:
        valid_from = self.cleaned_data["valid_from"]
        try:
            taxes.check_start(valid_from)
        except DomainError as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal
        return valid_from

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if {"activity", "valid_from"} <= values.keys():
            meeting = taxes.meeting(values["activity"], values["valid_from"], values.get("valid_until"))
            if meeting.exclude(pk=self.instance.pk).exists():
                raise ValidationError(str(RulesOverlap.message), code=RulesOverlap.code)
        return values


class SuccessorForm(StepForm):
    """The rule that follows: its day, rate and law."""

    valid_from = forms.DateField(label=_("Áp dụng từ"), widget=UnfoldAdminSingleDateWidget)
    vat_bp = ShareInput(
        label=_("Thuế suất GTGT"), required=False, help_text=_("Để trống: không chịu thuế GTGT.")
    )
    source = forms.CharField(label=_("Căn cứ"), max_length=300)
    status = forms.ChoiceField(label=_("Tình trạng"), choices=RuleStatus.choices)


class LastDayForm(StepForm):
    last_day = forms.DateField(label=_("Áp dụng đến hết ngày"), widget=UnfoldAdminSingleDateWidget)


def _is_open_ended(rule: TaxRule) -> bool:
    return rule.valid_until is None or rule.valid_until >= clock.today()


@admin.register(TaxRule)
class TaxRuleAdmin(OperatorAdmin):
    form = TaxRuleForm
    list_display = ("about", "rate", "valid_from", "valid_until", "confirmed", "source")
    list_filter = (ValidityFilter, ("activity", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("source", "activity")
    search_help_text = _("Căn cứ pháp lý")
    ordering = ("activity", "-valid_from")
    fields = ("activity", ("valid_from", "valid_until"), "vat_bp", "source", "status")
    refusals: ClassVar = {"tax_rule_no_overlap": RulesOverlap.message}
    readonly_preprocess_fields = {
        "vat_bp": lambda shown: f"{format_share(int(shown))} %" if shown.isdigit() else shown
    }
    confirmed = tag(
        "status", _("tình trạng"), {RuleStatus.CONFIRMED: "success", RuleStatus.UNCONFIRMED: "warning"}
    )
    steps = (
        Step(
            name="succeed",
            label=_("Lập quy tắc kế tiếp"),
            hint=_("Quy tắc này kết thúc vào ngày trước đó. Tiền đã thu giữ nguyên thuế đã tính."),
            form_class=SuccessorForm,
            do=lambda rule, by, values: taxes.succeed_rule(rule=rule, successor=TaxRule(**values), by=by),
            applies=_is_open_ended,
            icon="event_repeat",
            is_for_many=False,
        ),
        Step(
            name="end",
            label=_("Kết thúc"),
            hint=_("Sau ngày này không còn quy tắc nào cho hoạt động này, cho đến khi có quy tắc mới."),
            form_class=LastDayForm,
            do=lambda rule, by, values: taxes.end_rule(rule=rule, last_day=values["last_day"], by=by),
            applies=_is_open_ended,
            icon="event_available",
            is_for_many=False,
        ),
    )

    @column(_("hoạt động"), order="activity")
    def about(self, rule: TaxRule) -> str:
        return str(rule.get_activity_display())

    @column(_("thuế suất"), order="vat_bp")
    def rate(self, rule: TaxRule) -> str:
        return str(_("không chịu thuế")) if rule.vat_bp is None else f"{format_share(rule.vat_bp)} %"

    def note_for(self, row: Any) -> StrOrPromise:
        if not taxes.is_in_use(row):
            return ""
        return _("Quy tắc đã được áp dụng nên không sửa và không xóa được: hãy lập quy tắc kế tiếp.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_change_permission(request, obj))
        return may and (not isinstance(obj, TaxRule) or not taxes.is_in_use(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and isinstance(obj, TaxRule) and not taxes.is_in_use(obj)
