"""The booking policy for operators: dated, forward only; what has begun is looked at and succeeded."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from rentals.policies import services
from rentals.policies.errors import PoliciesOverlap
from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column
from voltgo.core.backoffice.fields import ShareInput, format_share
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.errors import DomainError

RULES = [field.name for field in fields(Policy)]
SHARE = {"label": _("Phần tiền thuê được hoàn"), "help_text": _("50 % là hoàn một nửa.")}


def _check(valid_from: Any) -> None:
    try:
        services.check_start(valid_from)
    except DomainError as refusal:
        raise ValidationError(str(refusal), code=refusal.code) from refusal


class PolicyForm(forms.ModelForm[BookingPolicy]):
    partial_refund_bp = ShareInput(**SHARE, initial=5_000)

    class Meta:
        model = BookingPolicy
        fields = ("valid_from", "valid_until", *RULES)
        labels: ClassVar = {"partial_refund_bp": SHARE["label"]}

    def clean_valid_from(self) -> Any:
        _check(self.cleaned_data["valid_from"])
        return self.cleaned_data["valid_from"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "valid_from" in values:
            first, last = values["valid_from"], values.get("valid_until")
            others = BookingPolicy.objects.exclude(pk=self.instance.pk)
            meeting = others.filter(Q(valid_until=None) | Q(valid_until__gte=first))
            if (meeting.filter(valid_from__lte=last) if last else meeting).exists():
                raise ValidationError(str(PoliciesOverlap.message), code=PoliciesOverlap.code)
        return values


class SuccessorForm(StepForm):
    """The new rules, beginning with the old ones."""

    valid_from = forms.DateField(label=_("Áp dụng từ"), widget=UnfoldAdminSingleDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy: BookingPolicy = self.rows[0]
        for name in RULES:
            self.fields[name] = _field_of(name)
        first = max(clock.today(), policy.valid_from) + timedelta(days=1)
        self.initial = {**model_to_dict(policy, fields=RULES), "valid_from": first}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors:
            _successor(values).validate_constraints()
        return values


def _field_of(name: str) -> forms.Field:
    if name == "partial_refund_bp":
        return ShareInput(**SHARE)
    column: Any = BookingPolicy._meta.get_field(name)
    field: forms.Field = column.formfield(widget=UnfoldAdminIntegerFieldWidget)
    return field


def _successor(values: Mapping[str, Any]) -> BookingPolicy:
    return BookingPolicy(**{name: values[name] for name in RULES}, valid_from=values["valid_from"])


def _succeed(policy: BookingPolicy, by: Actor, values: Mapping[str, Any]) -> BookingPolicy:
    return services.succeed_policy(policy=policy, successor=_successor(values), by=by)


def _preview(policy: BookingPolicy, values: Mapping[str, Any]) -> Panel:
    """Name the rules that would change, before and after."""
    after = _successor(values)
    rows = [
        (BookingPolicy._meta.get_field(name).verbose_name, _shown(policy, name), _shown(after, name))  # type: ignore[union-attr]
        for name in RULES
        if getattr(policy, name) != getattr(after, name)
    ]
    return Panel(
        title=_("Điều gì thay đổi?"),
        headings=(_("Quy định"), _("Hiện nay"), _("Sẽ là")),
        rows=rows,
        empty=_("Chưa có gì khác chính sách hiện nay."),
    )


def _shown(policy: BookingPolicy, name: str) -> str:
    value = getattr(policy, name)
    return f"{format_share(value)} %" if name == "partial_refund_bp" else str(value)


def _is_open(policy: BookingPolicy) -> bool:
    return policy.valid_until is None or policy.valid_until >= clock.today()


@admin.register(BookingPolicy)
class BookingPolicyAdmin(OperatorAdmin):
    form = PolicyForm
    list_display = (
        "valid_from",
        "valid_until",
        "shortest_minutes",
        "longest_days",
        "free_cancel_hours",
        "partly",
        "no_show_grace_minutes",
    )
    ordering = ("-valid_from",)
    readonly_preprocess_fields = {
        "partial_refund_bp": lambda shown: f"{format_share(int(shown))} %" if shown.isdigit() else shown
    }
    refusals = {"booking_policy_no_overlap": PoliciesOverlap.message}
    fieldsets = (
        (None, {"fields": (("valid_from", "valid_until"),)}),
        (
            _("Thời gian thuê"),
            {"fields": (("shortest_minutes", "longest_days"), ("furthest_ahead_days", "lead_minutes"))},
        ),
        (
            _("Giữ xe và giới hạn"),
            {
                "fields": (
                    ("hold_minutes", "walk_in_hold_minutes", "waitlist_offer_minutes"),
                    ("most_unpaid_holds", "most_open_bookings", "most_bookings_a_day"),
                )
            },
        ),
        (
            _("Hủy, không đến, gia hạn"),
            {
                "fields": (
                    ("free_cancel_hours", "free_after_booking_minutes"),
                    ("partial_cancel_hours", "partial_refund_bp"),
                    ("no_show_grace_minutes", "extend_until_overdue_minutes"),
                )
            },
        ),
        (
            _("Phạt nguội"),
            {"fields": (("fine_retention_amount", "fine_retention_days"),)},
        ),
    )
    steps = (
        Step(
            name="succeed",
            label=_("Lập chính sách kế tiếp"),
            hint=_(
                "Chính sách này kết thúc vào ngày trước đó. Báo giá và lượt đặt đã có giữ chính sách khi đặt."
            ),
            form_class=SuccessorForm,
            do=_succeed,
            preview=_preview,
            applies=_is_open,
            permission="add",
            icon="next_plan",
            is_for_many=False,
        ),
    )

    @column(_("phần được hoàn"), order="partial_refund_bp")
    def partly(self, row: BookingPolicy) -> str:
        return _shown(row, "partial_refund_bp")

    def note_for(self, row: Any) -> Any:
        if not services.is_in_use(row):
            return ""
        return _("Chính sách này đã bắt đầu nên không sửa và không xóa được: hãy lập chính sách kế tiếp.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_change_permission(request, obj))
        return may and (not isinstance(obj, BookingPolicy) or not services.is_in_use(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and isinstance(obj, BookingPolicy) and not services.is_in_use(obj)
