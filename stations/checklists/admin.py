"""Checklists for operators: copied to a draft, edited with their points, compared, published with a day."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from stations.checklists import outlines, services
from stations.checklists.admin_forms import DraftForm, PhotoPositionForm, PublishForm
from stations.checklists.checks import needs_of
from stations.checklists.comparing import differences
from stations.checklists.enums import CHECKLIST, JOINT, ChecklistState
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from stations.checklists.selectors import as_list, in_force
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit.admin import admin_actor
from voltgo.core.backoffice.columns import change_url, column, link, tag, tag_html
from voltgo.core.backoffice.inlines import OperatorInline
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step

STATE_COLOURS: Mapping[str, str] = {
    ChecklistState.DRAFT: "warning",
    ChecklistState.PUBLISHED: "success",
    ChecklistState.RETIRED: "danger",
}


def _is_open(template: ChecklistTemplate | None) -> bool:
    return template is not None and template.state == ChecklistState.DRAFT


def _may_look(_inline: Any, request: HttpRequest, obj: Any = None) -> bool:
    return True


def _may_write(_inline: Any, request: HttpRequest, obj: Any = None) -> bool:
    """Rows of a list are written while the list is a draft."""
    user: Any = request.user
    return _is_open(obj) and bool(user.has_perm("stations.change_checklisttemplate"))


class ChecklistItemInline(StackedInline):
    model = ChecklistItem
    extra = 0
    fields = (
        ("position", "component"),
        ("code", "is_mandatory"),
        ("words_vi", "words_en"),
        ("hint_vi", "hint_en"),
    )
    has_view_permission = _may_look
    has_add_permission = has_change_permission = has_delete_permission = _may_write


class PhotoPositionInline(OperatorInline):
    model = PhotoPosition
    form = PhotoPositionForm
    fields = ("position", "code", "words_vi", "words_en", "outline", "is_required")
    has_view_permission = _may_look
    has_add_permission = has_change_permission = has_delete_permission = _may_write


# --- Steps --------------------------------------------------------------------------------------------


def _base_of(template: ChecklistTemplate) -> ChecklistTemplate | None:
    """Return what vehicles are checked by today where this list would apply."""
    rows = [
        row
        for row in in_force(clock.today())
        if (row.purpose, row.vehicle_kind) == (template.purpose, template.vehicle_kind)
    ]
    own = next((row for row in rows if row.vehicle_model_id == template.vehicle_model_id), None)
    return own or next((row for row in rows if row.vehicle_model_id is None), None)


def _what_changes(template: ChecklistTemplate, _values: Mapping[str, Any]) -> Panel:
    base = as_list(_base_of(template), purpose=template.purpose, kind=template.vehicle_kind)
    return Panel(
        title=_("Khác gì bản đang áp dụng?"),
        headings=(_("Mã"), _("Đang áp dụng"), _("Bản này")),
        rows=[
            (each.code, each.before or "–", each.after or "–")
            for each in differences(base, template.drafted())
        ],
        empty=_("Giống hệt bản đang áp dụng."),
    )


def _facts(template: ChecklistTemplate) -> Facts:
    needs = needs_of(template, on=clock.today())
    return (
        (_("Số mục"), str(template.items.count())),
        (_("Số vị trí chụp ảnh"), str(template.photos.count())),
        (_("Còn thiếu"), " ".join(needs) if needs else gettext("Không thiếu gì")),
    )


def _publish(template: ChecklistTemplate, by: Actor, values: Mapping[str, Any]) -> ChecklistTemplate:
    return services.publish(template=template, valid_from=values["valid_from"], by=by)


STEPS = (
    Step(
        name="draft-from",
        label=_("Soạn bản mới từ bản này"),
        hint=_("Bản nháp bắt đầu bằng đúng các mục này. Chưa ban hành thì chưa nơi nào dùng."),
        form_class=DraftForm,
        do=lambda template, by, data: services.start_draft(source=template, by=by, **data),
        lands_on=change_url,
        icon="edit_note",
        is_for_many=False,
    ),
    Step(
        name="publish",
        label=_("Ban hành"),
        hint=_(
            "Ban hành rồi không sửa được nữa. Hãy đọc phần thay đổi trước; nhật ký ghi ai soạn, ai ban hành."
        ),
        form_class=PublishForm,
        facts=_facts,
        preview=_what_changes,
        must_preview=True,
        do=_publish,
        applies=_is_open,
        icon="gavel",
        is_grave=True,
        is_for_many=False,
    ),
    Step(
        name="retire",
        label=_("Ngừng dùng"),
        hint=_("Lượt kiểm tra mới không dùng bản này nữa; lượt đã làm và đang làm giữ nguyên."),
        form_class=ReasonForm,
        do=lambda template, by, data: services.retire(template=template, reason=data["reason"], by=by),
        applies=lambda template: template.state == ChecklistState.PUBLISHED,
        icon="block",
        is_grave=True,
        is_for_many=False,
    ),
)


# --- Below a list's form ------------------------------------------------------------------------------


def needs_of_list(template: ChecklistTemplate) -> Panel:
    """Return what a draft still lacks before it can be published."""
    needs = needs_of(template, on=clock.today()) if _is_open(template) else []
    return Panel(
        title=_("Cần có trước khi ban hành"),
        headings=(_("Việc cần làm"),),
        rows=[(need,) for need in needs],
        empty=_("Không thiếu gì."),
    )


def outlines_of_list(template: ChecklistTemplate) -> Panel:
    """Return the photo positions with their drawings, as the tablet shows them."""
    return Panel(
        title=_("Hình khung của các vị trí chụp"),
        headings=(_("Vị trí"), _("Hình khung"), _("Bắt buộc")),
        rows=[
            (
                str(photo.words),
                format_html(
                    '<img class="vg-thumb" src="{}" alt="" width="96" height="72">',
                    static(f"{outlines.FOLDER}/{photo.outline}"),
                )
                if photo.outline
                else "–",
                _("có") if photo.is_required else _("không"),
            )
            for photo in template.checklist.photos
        ],
        empty=_("Không có vị trí chụp ảnh nào."),
    )


@admin.register(ChecklistTemplate)
class ChecklistTemplateAdmin(OperatorAdmin):
    list_display = (
        "code", "version", "purpose", "vehicle_kind", "own_model", "state_tag", "applies", "valid_from",
    )  # fmt: skip
    list_filter = (
        ("purpose", ChoicesDropdownFilter),
        ("vehicle_kind", ChoicesDropdownFilter),
        ("vehicle_model", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
    )
    list_select_related = ("vehicle_model", "published_by")
    search_fields = ("code", "note", "items__words_vi", "items__words_en")
    ordering = ("purpose", "vehicle_kind", "vehicle_model_id", "-version")
    inlines = (ChecklistItemInline, PhotoPositionInline)
    machines = (CHECKLIST,)
    fields = (
        ("code", "version"),
        ("state_tag", "purpose"),
        ("vehicle_kind", "own_model"),
        ("valid_from", "published_at"),
        ("published_by", "sha256"),
        "note",
    )
    readonly_fields = (
        "code", "version", "state_tag", "purpose", "vehicle_kind", "own_model", "valid_from", "published_at",
        "published_by", "sha256",
    )  # fmt: skip
    steps = STEPS
    panels = (needs_of_list, outlines_of_list)
    state_tag = tag("state", _("trạng thái"), STATE_COLOURS)
    own_model = link("vehicle_model", _("riêng cho mẫu xe"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_open(obj) and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChecklistTemplate]:
        return ChecklistTemplate.objects.select_related("vehicle_model", "published_by")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nothing is photographed by position when a vehicle is made ready."""
        is_joint = obj is None or obj.purpose in JOINT or obj.photos.exists()
        return self.inlines if is_joint else (ChecklistItemInline,)

    def note_for(self, row: ChecklistTemplate) -> Any:
        if _is_open(row):
            return ""
        return _("Bản đã ban hành không đổi được. Muốn sửa, hãy soạn bản mới từ bản này.")

    def trail_subjects(self, row: ChecklistTemplate) -> Sequence[str]:
        return (services.subject_of(row),)

    @column(_("đang áp dụng"))
    def applies(self, template: ChecklistTemplate) -> str:
        is_current = template.pk in {row.pk for row in in_force(clock.today())}
        return tag_html(gettext("đang áp dụng"), "info") if is_current else "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        sets = list(formsets)
        super().save_related(request, form, sets, change)
        if form.has_changed() or any(each.has_changed() for each in sets):
            services.note_edit(template=form.instance, by=admin_actor(request))
