"""The agreement's wordings for operators: written as drafts, tried on a booking, compared, published by another."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from rentals.bookings.models import Booking
from rentals.contracts import services
from rentals.contracts.enums import TEMPLATE, TemplateState
from rentals.contracts.models import Contract, ContractArticle, ContractTemplate
from rentals.contracts.selectors import READ_ALL
from rentals.contracts.texts import preview
from rentals.contracts.texts.checks import needs_of
from rentals.contracts.texts.choosing import articles_of, template_for
from rentals.contracts.texts.comparing import Compared, Kind, Run, compare, count_changed
from rentals.contracts.texts.samples import invented
from rentals.contracts.texts.values import VALUES, values_of
from rentals.contracts.wording_forms import ArticleForm, ArticleFormSet, DraftForm, PublishForm
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit.admin import admin_actor
from voltgo.core.backoffice.columns import change_url, column, tag
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Shortcut, Step
from voltgo.core.sending import send_pdf

EDIT, PUBLISH = "rentals.edit_wordings", "rentals.publish_wordings"
STATE_COLOURS: Mapping[str, str] = {
    TemplateState.DRAFT: "warning",
    TemplateState.PUBLISHED: "success",
    TemplateState.RETIRED: "danger",
}
LANGUAGES = (("both", _("Hai ngôn ngữ")), ("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh")))


class ContractArticleInline(StackedInline):
    model = ContractArticle
    form = ArticleForm
    formset: Any = ArticleFormSet
    extra = 0
    ordering = ("position",)
    fields = (("place", "block"), ("heading_vi", "heading_en"), ("text_vi", "text_en"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_write(request, obj)

    has_change_permission = has_delete_permission = has_add_permission

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A published article has no place to type: its number is a fact."""
        if _may_write(request, obj):
            return self.fields
        return (("position", "block"), *self.fields[1:])


def _may_write(request: HttpRequest, template: ContractTemplate | None) -> bool:
    user: Any = request.user
    is_open = template is None or template.state == TemplateState.DRAFT
    return is_open and bool(user.has_perm(EDIT))


# --- Steps --------------------------------------------------------------------------------------------


def _publish(template: ContractTemplate, by: Actor, values: Mapping[str, Any]) -> ContractTemplate:
    return services.publish_wording(template=template, valid_from=values["valid_from"], by=by)


def _what_changes(template: ContractTemplate, _values: Mapping[str, Any]) -> Panel:
    """Show every article that differs from the wording in force, with what came and what went."""
    base = _base_of(template)
    compared = compare(articles_of(base) if base else [], articles_of(template))
    return Panel(
        title=_("Khác gì bản đang áp dụng?"),
        headings=(_("Điều"), _("Tiếng Việt"), _("Tiếng Anh")),
        rows=[
            (each.after or each.before or "", marked(each.vi), marked(each.en))
            for each in compared
            if each.is_changed
        ],
        empty=_("Lời văn giống hệt bản đang áp dụng."),
    )


def _facts(template: ContractTemplate) -> Facts:
    needs = needs_of(articles_of(template))
    return (
        (_("Số điều"), str(template.articles.count())),
        (_("Còn thiếu"), " ".join(needs) if needs else gettext("Không thiếu gì")),
    )


def marked(runs: Sequence[Run]) -> SafeString:
    """Return a compared text with what came and what went marked."""
    tags = {Kind.ADDED: "ins", Kind.REMOVED: "del", Kind.SAME: "span"}
    return format_html_join("", "<{0}>{1}</{0}>", ((tags[run.kind], run.words) for run in runs))


def _base_of(template: ContractTemplate) -> ContractTemplate | None:
    """Return what a wording is compared with: the one in force, for that one its predecessor."""
    day = clock.today()
    base = template_for(day)
    if base is not None and base.pk == template.pk and base.valid_from:
        base = template_for(base.valid_from - timedelta(days=1))
    return base


# --- Pages --------------------------------------------------------------------------------------------


@admin.register(ContractTemplate)
class ContractTemplateAdmin(OperatorAdmin):
    list_display = ("code", "state_tag", "applies", "valid_from", "note", "published_at", "published_by")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_select_related = ("published_by",)
    search_fields = ("code", "note", "articles__heading_vi", "articles__heading_en")
    ordering = ("-valid_from", "-pk")
    inlines = (ContractArticleInline,)
    machines = (TEMPLATE,)
    fields = (("code", "note"), ("state_tag", "valid_from"), ("published_at", "published_by"), "sha256")
    readonly_fields = ("state_tag", "valid_from", "published_at", "published_by", "sha256")
    change_form_outer_before_template: Any = "admin/backoffice/steps.html"
    state_tag = tag("state", _("trạng thái"), STATE_COLOURS)
    steps = (
        Step(
            name="draft-from",
            label=_("Soạn bản mới từ bản này"),
            hint=_("Bản nháp bắt đầu bằng đúng lời văn này. Chưa ban hành thì chưa hợp đồng nào dùng."),
            form_class=DraftForm,
            do=lambda template, by, data: services.start_wording(source=template, by=by, **data),
            lands_on=change_url,
            permission=EDIT,
            icon="edit_note",
            is_for_many=False,
        ),
        Step(
            name="publish",
            label=_("Ban hành"),
            hint=_(
                "Ban hành rồi không sửa được nữa. Người đã soạn bản này không tự ban hành:"
                " một người khác đọc phần thay đổi rồi mới ban hành."
            ),
            form_class=PublishForm,
            facts=_facts,
            preview=_what_changes,
            must_preview=True,
            do=_publish,
            applies=lambda template: template.state == TemplateState.DRAFT,
            permission=PUBLISH,
            icon="gavel",
            is_grave=True,
            is_for_many=False,
        ),
        Step(
            name="retire",
            label=_("Ngừng dùng"),
            hint=_(
                "Hợp đồng mới không dùng bản này nữa. Hợp đồng đã ký giữ nguyên;"
                " hợp đồng đã lập mà chưa ký được lập lại tại quầy."
            ),
            form_class=ReasonForm,
            do=lambda template, by, data: services.retire_wording(
                template=template, reason=data["reason"], by=by
            ),
            applies=lambda template: template.state == TemplateState.PUBLISHED,
            permission=PUBLISH,
            icon="block",
            is_grave=True,
            is_for_many=False,
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.has_perm(EDIT)) or bool(super().has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_write(request, obj)

    has_delete_permission = has_change_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractTemplate]:
        return ContractTemplate.objects.select_related("published_by")

    def note_for(self, row: ContractTemplate) -> Any:
        if row.state == TemplateState.DRAFT:
            return ""
        return _("Bản đã ban hành không đổi được. Muốn sửa, hãy soạn bản mới từ bản này.")

    def trail_subjects(self, row: ContractTemplate) -> Sequence[str]:
        return (services.wording_subject(row), f"contracttemplate:{row.code}")

    @column(_("đang áp dụng"))
    def applies(self, template: ContractTemplate) -> str:
        current = template_for(clock.today())
        is_current = current is not None and current.pk == template.pk
        return (
            format_html('<span class="vg-tag vg-tag--info">{}</span>', _("đang áp dụng"))
            if is_current
            else "–"
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        sets = list(formsets)
        super().save_related(request, form, sets, change)
        if form.has_changed() or any(each.has_changed() for each in sets):
            order = [pk for each in sets if isinstance(each, ArticleFormSet) for pk in each.order()]
            services.arrange_articles(template=form.instance, order=order, by=admin_actor(request))

    def get_urls(self) -> list[URLPattern]:
        name = "rentals_contracttemplate"
        own = [
            path("<int:pk>/preview/", self.admin_site.admin_view(self.preview_view), name=f"{name}_preview"),
            path("<int:pk>/preview.pdf", self.admin_site.admin_view(self.pdf_view), name=f"{name}_pdf"),
            path("<int:pk>/compare/", self.admin_site.admin_view(self.compare_view), name=f"{name}_compare"),
        ]
        return [*own, *super().get_urls()]

    def shortcuts(self, request: HttpRequest, row: ContractTemplate) -> Sequence[tuple[Shortcut, str]]:
        preview_url = reverse("admin:rentals_contracttemplate_preview", args=[row.pk])
        compare_url = reverse("admin:rentals_contracttemplate_compare", args=[row.pk])
        return (
            (Shortcut(_("Xem thử"), "visibility"), preview_url),
            (Shortcut(_("So với bản đang áp dụng"), "compare_arrows"), compare_url),
        )

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a wording with the values of a booking: an invented one, or a real one by its code."""
        template = self._template(request, pk)
        sample, error = self._sample(request, template)
        language = request.GET.get("language", "both")
        context = {
            **self._page(request, template, _("Xem thử %(code)s") % {"code": template.code}),
            **preview.page(sample, template),
            "error": error,
            "code": request.GET.get("booking", ""),
            "language": language if language in dict(LANGUAGES) else "both",
            "languages": LANGUAGES,
            "may_use_real": self._may_use_real(request),
        }
        return TemplateResponse(request, "admin/rentals/contracttemplate/preview.html", context)

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the document that a wording makes, marked as a preview."""
        template = self._template(request, pk)
        sample, error = self._sample(request, template)
        if error:
            raise Http404(error)
        return send_pdf(preview.document(sample, template).content, filename=f"{template.code}-preview.pdf")

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a wording beside another one, article by article."""
        template = self._template(request, pk)
        others = ContractTemplate.objects.exclude(pk=template.pk).order_by("-valid_from", "-pk")
        wanted = others.filter(code=request.GET.get("with", "")).first()
        base = wanted or _base_of(template) or others.first()
        compared = compare(articles_of(base), articles_of(template)) if base else []
        context = {
            **self._page(request, template, _("So sánh %(code)s") % {"code": template.code}),
            "base": base,
            "others": others,
            "compared": [_as_shown(each) for each in compared],
            "changed": count_changed(compared),
        }
        return TemplateResponse(request, "admin/rentals/contracttemplate/compare.html", context)

    def _template(self, request: HttpRequest, pk: int) -> ContractTemplate:
        template: ContractTemplate | None = self.get_object(request, str(pk))
        if template is None:
            raise Http404
        if not self.has_view_permission(request, template):
            raise PermissionDenied
        return template

    def _sample(self, request: HttpRequest, template: ContractTemplate) -> tuple[Contract, str]:
        """Return the contract to try the wording on, and what is wrong with the code that was typed."""
        code = request.GET.get("booking", "").strip().upper()
        if not code:
            return preview.sample(template), ""
        if not self._may_use_real(request):
            raise PermissionDenied
        booking = (
            Booking.objects.select_related("renter", "quote", "allocation__vehicle__model")
            .filter(code=code)
            .first()
        )
        if booking is None:
            return preview.sample(template), gettext("Không có lượt đặt %(code)s. Đây là lượt đặt mẫu.") % {
                "code": code
            }
        services.note_preview(template=template, booking=booking, by=admin_actor(request))
        return preview.sample(template, booking), ""

    def _may_use_real(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm(READ_ALL))

    def _page(self, request: HttpRequest, template: ContractTemplate, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "template": template,
            "back": change_url(template),
            "media": self.media,
        }


def _as_shown(compared: Compared) -> dict[str, Any]:
    return {
        "heading": compared.after or compared.before,
        "is_new": compared.before is None,
        "is_gone": compared.after is None,
        "is_moved": compared.is_moved,
        "is_block_changed": compared.is_block_changed,
        "is_changed": compared.is_changed,
        "vi": marked(compared.vi),
        "en": marked(compared.en),
    }


# --- Below a wording's form ---------------------------------------------------------------------------


def needs_of_wording(template: ContractTemplate) -> Panel:
    """Return what a wording still lacks before it can be published."""
    return Panel(
        title=_("Cần có trước khi ban hành"),
        headings=(_("Việc cần làm"),),
        rows=[(need,) for need in needs_of(articles_of(template))],
        empty=_("Không thiếu gì."),
    )


def values_of_wording(_template: ContractTemplate) -> Panel:
    """Return the names that may stand in braces, with what they would say of an invented booking."""
    sample = values_of(invented().data)
    return Panel(
        title=_("Giá trị dùng được trong lời văn"),
        headings=(_("Viết"), _("Nghĩa"), _("Ví dụ")),
        rows=[
            (format_html("<code>{}</code>", f"{{{name}}}"), value.meaning, sample[name])
            for name, value in VALUES.items()
        ],
        empty="",
    )


ContractTemplateAdmin.extend(panels=[needs_of_wording, values_of_wording])
