"""Identity papers for operators: the review queue, one paper at a time, and what was decided."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.access.actors import operator_actor
from accounts.access.people import may_review_papers, signed_in
from accounts.kyc import services
from accounts.kyc.decision import GRAVE
from accounts.kyc.enums import DOCUMENT, DocumentState, Finding, ReviewOutcome, ViewPurpose
from accounts.kyc.image_links import image_url
from accounts.kyc.models import DocumentImage, DocumentReview, IdentityDocument
from accounts.kyc.review_figures import SPANS, days_of, review_figures
from accounts.kyc.review_page import told
from accounts.kyc.rules import normal_number
from accounts.kyc.selectors import number_of_waiting
from accounts.kyc.services.taking import ADMIN, LEASE, REVIEWABLE
from accounts.kyc.sitting import sit_down
from accounts.users.admin import UserAdmin
from accounts.users.models import User
from voltgo.core import clock, crypto
from voltgo.core.backoffice.columns import column, link, link_to, list_url, tag, tag_html
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step
from voltgo.core.errors import IllegalTransition

STATE_COLOURS = {
    DocumentState.NEEDS_REVIEW: "warning",
    DocumentState.APPROVED: "success",
    DocumentState.REJECTED: "danger",
    DocumentState.REVOKED: "danger",
    DocumentState.EXPIRED: "info",
}
REVIEW = "accounts.review_identitydocument"
SHORTEST_NUMBER = 6


class FindingFilter(admin.SimpleListFilter):
    """Papers by what the cross-check found."""

    title = _("phát hiện")
    parameter_name = "finding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("grave", _("Nghiêm trọng")), *Finding.choices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[IdentityDocument]
    ) -> QuerySet[IdentityDocument]:
        chosen = self.value()
        if chosen == "grave":
            return queryset.filter(findings__overlap=sorted(GRAVE))
        return queryset.filter(findings__contains=[chosen]) if chosen in Finding.values else queryset


@admin.register(IdentityDocument)
class IdentityDocumentAdmin(RecordAdmin):
    """A waiting paper opens as a review page; a decided one as a record."""

    list_display = (
        "uploaded_at",
        "person",
        "kind",
        "status",
        "flags",
        "waiting",
        "number_tail",
        "expires_on",
        "reviewed_by",
    )
    list_display_links = ("uploaded_at", "kind")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        "is_automatic",
        FindingFilter,
        "rejection_code",
    )
    list_select_related = ("user", "reviewed_by")
    search_fields = ("user__full_name", "user__email", "user__phone", "user__public_id")
    search_help_text = _("Tên, email, số điện thoại, mã người dùng hoặc trọn số giấy tờ")
    ordering = ("-uploaded_at",)
    list_before_template: Any = "admin/accounts/identitydocument/queue.html"
    fields = (
        "person", "kind", "state", "uploaded_at", "masked_number", "full_name", "born_on", "classes", "issued_on",
        "expires_on", "photographs", "reviewed_by", "reviewed_at", "rejection_code", "rejection_note",
        "is_automatic", "found", "country", "consent_version",
    )  # fmt: skip
    readonly_fields = ("person", "masked_number", "classes", "photographs", "found")
    machines = (DOCUMENT,)
    steps = (
        Step(
            name="revoke",
            label=_("Thu hồi"),
            hint=_("Người này không thuê xe được nữa cho đến khi có giấy tờ mới được duyệt."),
            form_class=ReasonForm,
            do=lambda document, by, data: services.revoke_document(
                document=document, reason=data["reason"], by=by
            ),
            applies=lambda document: document.state == DocumentState.APPROVED,
            permission=REVIEW,
            icon="gpp_bad",
            is_grave=True,
            is_for_many=False,
        ),
    )
    person = link("user", _("người dùng"), order="user__full_name")
    status = tag("state", _("trạng thái"), STATE_COLOURS)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> IdentityDocument | None:
        """Remember on the row who looks at its page: addresses of pictures are made for them alone."""
        row: IdentityDocument | None = super().get_object(request, object_id, from_field)
        if row is not None:
            row.viewer = signed_in(request)  # type: ignore[attr-defined]
        return row

    def trail_subjects(self, row: IdentityDocument) -> tuple[str, ...]:
        return (f"document:{row.pk}",)

    def get_urls(self) -> list[URLPattern]:
        follow = path(
            "next/", self.admin_site.admin_view(self.next_view), name="accounts_identitydocument_next"
        )
        figures = path(
            "figures/",
            self.admin_site.admin_view(self.figures_view),
            name="accounts_identitydocument_figures",
        )
        return [follow, figures, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityDocument]:
        turns = DocumentReview.objects.select_related("reviewer").order_by("pk")
        rows: QuerySet[IdentityDocument] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("reviews", queryset=turns))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[IdentityDocument], search_term: str
    ) -> tuple[QuerySet[IdentityDocument], bool]:
        """A whole number is found by its keyed hash; parts of it cannot be searched."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        number = normal_number(search_term)
        if len(number) >= SHORTEST_NUMBER and any(character.isdigit() for character in number):
            found = found | queryset.filter(number_hash=crypto.keyed_hash(number))
        return found, may_repeat

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        queue: dict[str, Any] = {
            "number_of_waiting": number_of_waiting(),
            "may_review": may_review_papers(signed_in(request)),
        }
        return super().changelist_view(request, {**(extra_context or {}), **queue})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        document: IdentityDocument | None = self.get_object(request, object_id)
        user = signed_in(request)
        if document is not None and document.state in REVIEWABLE and may_review_papers(user):
            if document.user_id != user.pk:
                return self.review(request, document)
            self.message_user(
                request, _("Đây là giấy tờ của bạn. Hãy nhờ người khác duyệt."), messages.WARNING
            )
        if request.method == "POST":
            # Decided by somebody else between the look and the click.
            self.message_user(request, IllegalTransition.message, messages.WARNING)
            return redirect(request.get_full_path())
        return super().change_view(request, object_id, form_url, extra_context)

    # --- Review -------------------------------------------------------------------------------------

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Go to the paper that has waited longest."""
        if not may_review_papers(signed_in(request)):
            raise PermissionDenied
        return self._to_next(request)

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """Show how long papers wait, who reviews how many, and what the machine does by itself."""
        if not may_review_papers(signed_in(request)):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Số liệu duyệt giấy tờ"),
            "figures": review_figures(days=days_of(request.GET.get("days", ""))),
            "spans": SPANS,
        }
        return TemplateResponse(request, "admin/accounts/identitydocument/figures.html", context)

    def review(self, request: HttpRequest, document: IdentityDocument) -> HttpResponse:
        """Show the photographs beside the fields; approve, send back, or leave it to others."""
        reviewer = signed_in(request)
        try:
            sitting = sit_down(
                request.POST if request.method == "POST" else None,
                document=document,
                reviewer=reviewer,
                by=operator_actor(reviewer),
                place=ADMIN,
            )
        except IllegalTransition as late:
            self.message_user(request, str(late), messages.WARNING)
            return self._to_next(request, after=document)
        if sitting.is_over:
            if sitting.told:
                level = messages.WARNING if sitting.is_late else messages.SUCCESS
                self.message_user(request, sitting.told, level)
            if sitting.wants_list:
                return redirect("admin:accounts_identitydocument_changelist")
            return self._to_next(request, after=document)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Duyệt %(kind)s") % {"kind": document.get_kind_display()},
            "subtitle": str(document.user),
            "user_link": link_to(document.user),
            **sitting.context(
                lambda photo: image_url(photo.document, photo.side, reviewer, ViewPurpose.REVIEW)
            ),
        }
        return TemplateResponse(
            request, "admin/accounts/identitydocument/review.html", context, status=sitting.status
        )

    def _to_next(self, request: HttpRequest, after: IdentityDocument | None = None) -> HttpResponse:
        waiting = services.take_next(reviewer=signed_in(request), after=after)
        if waiting is None:
            self.message_user(request, _("Không còn giấy tờ nào chờ duyệt."), messages.INFO)
            return redirect("admin:accounts_identitydocument_changelist")
        return redirect("admin:accounts_identitydocument_change", waiting.pk)

    # --- Columns ------------------------------------------------------------------------------------

    @column(_("đã chờ"))
    def waiting(self, document: IdentityDocument) -> str:
        if not document.is_waiting:
            return ""
        minutes = int((clock.now() - document.uploaded_at).total_seconds() // 60)
        return (
            gettext("%(count)d phút") % {"count": minutes}
            if minutes < 120
            else gettext("%(count)d giờ") % {"count": minutes // 60}
        )

    @column(_("số giấy tờ"))
    def masked_number(self, document: IdentityDocument) -> str:
        return document.masked_number or "–"

    @column(_("hạng giấy phép"))
    def classes(self, document: IdentityDocument) -> str:
        return document.licence_classes_label or "–"

    @column(_("ảnh"))
    def photographs(self, document: IdentityDocument) -> str:
        viewer = getattr(document, "viewer", None)
        links = [
            (image_url(document, image.side, viewer, ViewPurpose.REVIEW), image.get_side_display())
            for image in document.images.all()
            if viewer is not None
        ]
        return (
            format_html_join(
                " · ", '<a class="vg-link" href="{}" target="_blank" rel="noopener">{}</a>', links
            )
            or "–"
        )

    @column(_("phát hiện"))
    def found(self, document: IdentityDocument) -> str:
        return " ".join(str(each.words) for each in told(document.findings)) or "–"

    @column(_("lưu ý"))
    def flags(self, document: IdentityDocument) -> str:
        """Say what stands out: grave findings, a second look, somebody at work on it."""
        return format_html_join(" ", "{}", ((tag_html(text, colour),) for text, colour in _flags(document)))


@admin.register(DocumentImage)
class DocumentImageAdmin(RecordAdmin):
    """Which photographs there are; they are looked at on the page of their paper, where each look is noted."""

    list_display = ("pk", "paper", "side", "width", "height")
    list_select_related = ("document__user",)
    list_filter = ("side",)
    search_fields = ("sha256", "document__user__public_id")
    exclude = ("file",)
    paper = link("document", _("giấy tờ"), order="document_id")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


def _flags(document: IdentityDocument) -> Iterator[tuple[str, str]]:
    if document.state != DocumentState.NEEDS_REVIEW:
        if document.is_automatic:
            yield gettext("tự động"), "info"
        return
    if not GRAVE.isdisjoint(document.findings):
        yield gettext("nghiêm trọng"), "danger"
    since = clock.now() - LEASE
    for turn in document.reviews.all():
        if turn.outcome == ReviewOutcome.SECOND_LOOK:
            yield gettext("cần người thứ hai"), "warning"
        elif turn.decided_at is None and turn.taken_at > since:
            yield gettext("%(name)s đang duyệt") % {"name": turn.reviewer.full_name}, "info"


def _papers_of_user(user: User) -> Panel:
    """Show the person's papers on their page."""
    papers = user.documents.select_related("reviewed_by").order_by("-pk")[:6]
    return Panel(
        title=_("Giấy tờ"),
        headings=(_("Tải lên"), _("Loại"), _("Trạng thái"), _("Hết hạn")),
        rows=[
            (
                link_to(paper, f"{clock.local(paper.uploaded_at):%H:%M %d/%m/%Y}"),
                paper.get_kind_display(),
                paper.get_state_display(),
                f"{paper.expires_on:%d/%m/%Y}" if paper.expires_on else "–",
            )
            for paper in papers
        ],
        empty=_("Chưa gửi giấy tờ nào."),
        list_url=list_url(IdentityDocument, f"user__id__exact={user.pk}"),
    )


UserAdmin.extend(panels=[_papers_of_user])
