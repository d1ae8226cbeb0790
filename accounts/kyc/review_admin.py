"""What stands around the review: its rules, the turns of the reviewers, and what machines have read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.access.actors import operator_actor
from accounts.access.people import signed_in
from accounts.kyc.decision import GRAVE
from accounts.kyc.enums import DocumentState, Finding, ReviewOutcome
from accounts.kyc.models import DocumentExtraction, DocumentReview, IdentityDocument, VerificationPolicy
from accounts.kyc.policy import policy_on, policy_today
from accounts.kyc.review_page import reader_shown
from accounts.kyc.services.policies import check_start, lay_down
from accounts.templatetags.review_figures import places
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import NOTHING, column, link, moment, tag
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.errors import DomainError

LOOKED_BACK = timedelta(days=30)
OUTCOME_COLOURS = {
    ReviewOutcome.APPROVED: "success",
    ReviewOutcome.REJECTED: "danger",
    ReviewOutcome.SECOND_LOOK: "warning",
}


def _found_choices() -> list[tuple[str, Any]]:
    return list(Finding.choices)


class RulesForm(StepForm):
    """The new rules, beginning with the present ones."""

    valid_from = forms.DateField(label=_("Áp dụng từ"), widget=UnfoldAdminSingleDateWidget)
    is_automatic = forms.BooleanField(
        label=_("Cho duyệt tự động"),
        required=False,
        help_text=_("Tắt: mọi giấy tờ đều do người duyệt."),
        widget=UnfoldBooleanWidget,
    )
    second_look = forms.MultipleChoiceField(
        label=_("Cần hai người duyệt khi"),
        choices=_found_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    spot_check_percent = forms.IntegerField(
        label=_("Kiểm tra ngẫu nhiên (%)"),
        min_value=0,
        max_value=100,
        help_text=_("Tỷ lệ giấy tờ đạt tự động vẫn chuyển cho người duyệt."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(
        label=_("Lý do thay đổi"), max_length=200, strip=True, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy: VerificationPolicy = self.rows[0]
        self.initial = {
            "valid_from": max(clock.today(), policy.valid_from) + timedelta(days=1),
            "is_automatic": policy.is_automatic,
            "second_look": policy.second_look,
            "spot_check_percent": policy.spot_check_percent,
        }


def _policy(values: Mapping[str, Any]) -> VerificationPolicy:
    names = ("valid_from", "is_automatic", "second_look", "spot_check_percent", "note")
    return VerificationPolicy(**{name: values[name] for name in names})


def _succeed(_row: VerificationPolicy, by: Actor, values: Mapping[str, Any]) -> VerificationPolicy:
    return lay_down(policy=_policy(values), by=by)


def _preview(_row: VerificationPolicy, values: Mapping[str, Any]) -> Panel:
    """Name what would change from that day on, and what it would have meant for the last thirty days."""
    before, after = policy_on(values["valid_from"]), _policy(values)
    rows: list[tuple[Any, ...]] = []
    if before.is_automatic != after.is_automatic:
        rows.append((_("Duyệt tự động"), _yes(before.is_automatic), _yes(after.is_automatic)))
    if before.spot_check_percent != after.spot_check_percent:
        rows.append(
            (_("Kiểm tra ngẫu nhiên"), f"{before.spot_check_percent}%", f"{after.spot_check_percent}%")
        )
    for code in Finding:
        was, will = code in before.second_look, code in after.second_look
        if was != will:
            rows.append((code.label, _people(was), _people(will)))
    since = clock.now() - LOOKED_BACK
    decided = IdentityDocument.objects.filter(uploaded_at__gt=since, state=DocumentState.APPROVED)
    automatic = decided.filter(is_automatic=True).count()
    kept = automatic * (100 - after.spot_check_percent) // 100 if after.is_automatic else 0
    rows.append((_("Duyệt tự động, 30 ngày qua (giấy tờ)"), automatic, gettext("khoảng %s") % kept))
    twice = decided.filter(findings__overlap=list(after.second_look)).count() if after.second_look else 0
    was_twice = (
        decided.filter(findings__overlap=sorted(before.second_look)).count() if before.second_look else 0
    )
    rows.append((_("Cần hai người, 30 ngày qua (giấy tờ)"), was_twice, twice))
    return Panel(
        title=_("Điều gì thay đổi?"),
        headings=(_("Quy định"), _("Hiện nay"), _("Sẽ là")),
        rows=rows,
        empty=_("Chưa có gì khác quy định hiện nay."),
    )


def _yes(*values: bool) -> str:
    return gettext("có") if all(values) else gettext("không")


def _people(*values: bool) -> str:
    return gettext("hai người") if all(values) else gettext("một người")


class FirstRulesForm(forms.ModelForm[VerificationPolicy]):
    """The very first rules; all others succeed some."""

    second_look = forms.MultipleChoiceField(
        label=_("Cần hai người duyệt khi"),
        choices=_found_choices,
        required=False,
        initial=sorted(GRAVE),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = VerificationPolicy
        fields = ("valid_from", "is_automatic", "second_look", "spot_check_percent", "note")

    def clean_valid_from(self) -> Any:
        try:
            check_start(self.cleaned_data["valid_from"])
        except DomainError as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal
        return self.cleaned_data["valid_from"]


@admin.register(VerificationPolicy)
class VerificationPolicyAdmin(OperatorAdmin):
    """Dated rules: the last row that has begun holds; new rows come by a step that shows what they change."""

    list_display = ("valid_from", "is_automatic", "twice", "spot_check_percent", "note", "in_force")
    ordering = ("-valid_from",)
    search_fields = ("note",)
    fields = ("valid_from", "is_automatic", "twice", "spot_check_percent", "note", "created_at")
    readonly_fields = ("twice", "created_at")
    kept_because = _("Quy định cũ cho biết vì sao giấy tờ đã được duyệt.")
    list_before_template: Any = "admin/accounts/verificationpolicy/today.html"
    steps = (
        Step(
            name="succeed",
            label=_("Lập quy định mới"),
            hint=_("Áp dụng cho giấy tờ được đọc từ ngày đó. Giấy tờ đã quyết định không bị xét lại."),
            form_class=RulesForm,
            do=_succeed,
            preview=_preview,
            must_preview=True,
            permission="add",
            icon="next_plan",
            is_for_many=False,
        ),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        today = policy_today()
        told: dict[str, Any] = {
            "policy": today,
            "twice": [Finding(code).label for code in Finding if code in today.second_look],
        }
        return super().changelist_view(request, {**(extra_context or {}), **told})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 (Django's)
        if obj is None:
            kwargs["form"], kwargs["fields"] = FirstRulesForm, FirstRulesForm.Meta.fields
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return FirstRulesForm.Meta.fields if obj is None else super().get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        lay_down(policy=obj, by=operator_actor(signed_in(request)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Later rules come by the step, which shows what they change.

        The navigation asks on every page; only the rules' own pages are worth the query.
        """
        is_at_home = str(self.opts.model_name) in request.path
        return (
            bool(super().has_add_permission(request))
            and is_at_home
            and not VerificationPolicy.objects.exists()
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @column(_("cần hai người duyệt khi"))
    def twice(self, row: VerificationPolicy) -> str:
        return " ".join(str(Finding(code).label) for code in row.second_look) or NOTHING

    @column(_("đang áp dụng"))
    def in_force(self, row: VerificationPolicy) -> str:
        newer = VerificationPolicy.objects.filter(
            valid_from__gt=row.valid_from, valid_from__lte=clock.today()
        )
        return _yes(row.valid_from <= clock.today() and not newer.exists())


@admin.register(DocumentReview)
class DocumentReviewAdmin(RecordAdmin):
    """Who took which paper when, and what came of it."""

    list_display = ("taken_at", "paper", "reviewer", "result", "took", "where")
    list_select_related = ("document__user", "reviewer")
    list_filter = (("outcome", ChoicesDropdownFilter), "place")
    search_fields = ("reviewer__full_name", "reviewer__email", "document__user__public_id")
    ordering = ("-taken_at",)
    paper = link("document", _("giấy tờ"), order="document_id")
    result = tag("outcome", _("kết quả"), OUTCOME_COLOURS)
    decided = moment("decided_at", _("quyết định lúc"))

    @column(_("nơi duyệt"), order="place")
    def where(self, row: DocumentReview) -> str:
        return places(row.place)

    @column(_("mất"))
    def took(self, row: DocumentReview) -> str:
        if row.decided_at is None:
            return gettext("đang duyệt")
        seconds = int((row.decided_at - row.taken_at).total_seconds())
        return gettext("%(count)s giây") % {"count": seconds}


@admin.register(DocumentExtraction)
class DocumentExtractionAdmin(RecordAdmin):
    """What machines made of papers: how good the photographs were and what it cost, never what stood there."""

    list_display = ("created_at", "paper", "reader", "seconds_taken", "cost")
    list_select_related = ("document__user",)
    list_filter = ("engine",)
    ordering = ("-created_at",)
    search_fields = ("document__user__public_id",)
    fields: ClassVar = (
        "document", "reader", "created_at", "seconds", "quality", "sources", "findings", "calls", "cost",
    )  # fmt: skip
    readonly_fields = ("created_at", "reader", "cost")
    paper = link("document", _("giấy tờ"), order="document_id")

    @column(_("bộ đọc"), order="engine")
    def reader(self, row: DocumentExtraction) -> str:
        return str(reader_shown(row.engine))

    @column(_("giây"), order="seconds")
    def seconds_taken(self, row: DocumentExtraction) -> str:
        return f"{row.seconds:.2f}"

    @column(_("phí (USD)"), order="cost_microusd")
    def cost(self, row: DocumentExtraction) -> str:
        return f"{row.cost_microusd / 1_000_000:.4f}" if row.cost_microusd else NOTHING
