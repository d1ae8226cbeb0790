"""Fines for operators: the list comes in, each finds its rental, is told, decided and passed on."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from rentals.fines import services
from rentals.fines.enums import FINE, FineState
from rentals.fines.errors import FileUnreadable, NoSuchRental
from rentals.fines.importing import HEADINGS, LARGEST_FILE
from rentals.fines.models import FineEvidence, TrafficFine
from rentals.handovers.models import Rental
from voltgo.core.actors import Actor
from voltgo.core.audit.admin import admin_actor
from voltgo.core.backoffice.columns import column, dong, link, list_url, moment, tag
from voltgo.core.backoffice.files import PictureAdmin, picture
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step, StepForm

STATE_COLOURS = {
    FineState.RECEIVED: "danger",
    FineState.MATCHED: "warning",
    FineState.NOTIFIED: "info",
    FineState.CONTESTED: "danger",
    FineState.ACCEPTED: "warning",
    FineState.PAID: "warning",
    FineState.CLOSED: "success",
}
# What is wrong with a list, for people; %(line)s is the line, %(columns)s what is missing.
PROBLEMS = {
    "size": _("Tệp quá lớn. Hãy chia thành nhiều tệp."),
    "rows": _("Danh sách quá dài. Hãy chia thành nhiều tệp."),
    "encoding": _("Tệp không phải UTF-8. Hãy lưu lại dưới dạng CSV UTF-8."),
    "empty": _("Tệp trống."),
    "layout": _("Dòng %(line)s sai định dạng CSV."),
    "columns": _("Thiếu cột: %(columns)s."),
    "empty_cells": _("Dòng %(line)s thiếu: %(columns)s."),
    "plate": _("Dòng %(line)s: biển số không hợp lệ."),
    "moment": _("Dòng %(line)s: thời gian vi phạm không hợp lệ (ví dụ 28/11/2026 08:15) hoặc ở tương lai."),
    "day": _("Dòng %(line)s: hạn nộp không hợp lệ (ví dụ 28/11/2026)."),
    "amount": _("Dòng %(line)s: mức phạt không hợp lệ."),
}


def problem_in_words(error: FileUnreadable) -> str:
    vietnamese = {field: heading for heading, field in reversed(list(HEADINGS.items()))}
    columns = ", ".join(vietnamese.get(name, name) for name in error.details.get("columns", ()))
    words = str(PROBLEMS[error.details["problem"]])
    said = words % {"line": error.details["line"], "columns": columns}
    return f"{said} {gettext('Chưa có dòng nào được nhập.')}"


class EvidenceForm(StepForm):
    picture = forms.FileField(label=_("Ảnh hoặc bản chụp thông báo"), widget=UnfoldAdminFileFieldWidget)


class AssignForm(ReasonForm):
    booking = forms.CharField(label=_("Mã đặt xe"), max_length=16, widget=UnfoldAdminTextInputWidget)
    field_order = ("booking", "reason")

    def clean_booking(self) -> Rental:
        code = self.cleaned_data["booking"].strip().upper()
        rental = Rental.objects.filter(booking__code=code).select_related("booking", "renter").first()
        if rental is None:
            raise forms.ValidationError(_("Không có chuyến thuê nào với mã này."))
        return rental


class AnswerForm(StepForm):
    answer = forms.CharField(
        label=_("Trả lời người thuê"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ReceiptForm(StepForm):
    receipt = forms.CharField(
        label=_("Số biên lai hoặc công văn"), max_length=80, widget=UnfoldAdminTextInputWidget
    )


def _match(fine: TrafficFine, by: Actor, _values: Any) -> None:
    if not services.match_fine(fine=fine, by=by):
        raise NoSuchRental


def _when(*wanted: FineState) -> Any:
    return lambda fine: fine.state in wanted


@admin.register(FineEvidence)
class FineEvidenceAdmin(PictureAdmin):
    list_display = ("fine", "added_at")
    search_fields = ("=fine__code",)
    ordering = ("-pk",)
    fields = ("fine", "shown", "sha256", "added_at")

    @column(_("ảnh"))
    def shown(self, row: FineEvidence) -> str:
        return picture(row)


@admin.register(TrafficFine)
class TrafficFineAdmin(RecordAdmin):
    list_display = (
        "code", "violated", "plate", "offence", "charged", "status", "trip", "person", "answer_until",
    )  # fmt: skip
    list_filter = (("state", ChoicesDropdownFilter), StretchFilter.over("violated_at", "violated_at"))
    list_select_related = ("rental__booking", "payer", "vehicle__model")
    search_fields = ("code", "number", "plate", "rental__booking__code")
    search_help_text = _("Mã, số thông báo, biển số hoặc mã đặt xe")
    ordering = ("-violated_at", "-pk")
    show_full_result_count = False
    list_before_template: Any = "admin/rentals/trafficfine/import.html"
    fieldsets = (
        (
            None,
            {"fields": ("code", "status", "authority", "number", "violated", "place", "offence", "charged")},
        ),
        (_("Chuyến"), {"fields": ("plate", "car", "trip", "person")}),
        (_("Bằng chứng"), {"fields": ("pictures",)}),
        (_("Trả lời"), {"fields": ("notified_at", "answer_until", "objection", "answer")}),
        (
            _("Tiền"),
            {
                "fields": (
                    "from_deposit_amount",
                    "debt_amount",
                    "pay_by",
                    "settled_ref",
                    "ending",
                    "closed_at",
                )
            },
        ),
    )
    machines = (FINE,)
    violated = moment("violated_at", _("vi phạm lúc"))
    charged = dong("amount", _("mức phạt"))
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    trip = link("rental", _("chuyến thuê"))
    person = link("payer", _("người thuê"))
    car = link("vehicle", _("xe"))
    steps = (
        Step(
            name="evidence",
            label=_("Thêm bằng chứng"),
            form_class=EvidenceForm,
            do=lambda fine, by, data: services.add_evidence(fine=fine, upload=data["picture"], by=by),
            applies=lambda fine: fine.state != FineState.CLOSED,
            icon="add_photo_alternate",
            is_for_many=False,
        ),
        Step(
            name="match",
            label=_("Tìm chuyến theo biển số và giờ"),
            do=_match,
            applies=_when(FineState.RECEIVED),
            icon="search",
        ),
        Step(
            name="assign",
            label=_("Chỉ định chuyến"),
            hint=_("Chỉ khi danh sách không rõ. Chuyến phải giữ xe đó vào lúc vi phạm."),
            form_class=AssignForm,
            do=lambda fine, by, data: services.assign_rental(
                fine=fine, rental=data["booking"], reason=data["reason"], by=by
            ),
            applies=_when(FineState.RECEIVED),
            icon="person_search",
            is_for_many=False,
        ),
        Step(
            name="tell",
            label=_("Báo người thuê"),
            hint=_("Người thuê nhận email kèm đường dẫn đến bằng chứng và có 7 ngày để trả lời."),
            do=lambda fine, by, _data: services.tell_driver(fine=fine, by=by),
            applies=_when(FineState.MATCHED),
            icon="send",
        ),
        Step(
            name="release",
            label=_("Không phải chuyến này"),
            form_class=ReasonForm,
            do=lambda fine, by, data: services.release_rental(fine=fine, reason=data["reason"], by=by),
            applies=_when(FineState.MATCHED, FineState.NOTIFIED),
            icon="person_off",
        ),
        Step(
            name="uphold",
            label=_("Giữ nguyên mức phạt"),
            hint=_("Tiền được trừ vào cọc giữ lại, phần thiếu thành yêu cầu thanh toán."),
            form_class=AnswerForm,
            do=lambda fine, by, data: services.uphold_fine(fine=fine, answer=data["answer"], by=by),
            applies=_when(FineState.CONTESTED),
            icon="gavel",
            is_grave=True,
            is_for_many=False,
        ),
        Step(
            name="dismiss",
            label=_("Chấp nhận khiếu nại"),
            form_class=AnswerForm,
            do=lambda fine, by, data: services.dismiss_objection(fine=fine, answer=data["answer"], by=by),
            applies=_when(FineState.CONTESTED),
            icon="thumb_up",
            is_for_many=False,
        ),
        Step(
            name="name-driver",
            label=_("Đã báo người lái cho cơ quan"),
            hint=_("Cơ quan xử phạt làm việc trực tiếp với người lái; VoltGo không thu khoản này."),
            form_class=ReceiptForm,
            do=lambda fine, by, data: services.name_driver(fine=fine, letter=data["receipt"], by=by),
            applies=_when(FineState.MATCHED, FineState.NOTIFIED, FineState.CONTESTED),
            icon="forward_to_inbox",
            is_for_many=False,
        ),
        Step(
            name="close",
            label=_("Đã nộp phạt, đóng hồ sơ"),
            form_class=ReceiptForm,
            do=lambda fine, by, data: services.close_with_state(fine=fine, receipt=data["receipt"], by=by),
            applies=_when(FineState.PAID, FineState.TRANSFERRED),
            icon="task_alt",
            is_for_many=False,
        ),
        Step(
            name="bear",
            label=_("VoltGo chịu"),
            hint=_("Chỉ khi lúc đó không ai thuê xe."),
            form_class=ReasonForm,
            do=lambda fine, by, data: services.bear_fine(fine=fine, reason=data["reason"], by=by),
            applies=_when(FineState.RECEIVED),
            icon="domain",
            is_grave=True,
        ),
    )

    @column(_("ảnh"))
    def pictures(self, fine: TrafficFine) -> SafeString:
        return format_html_join(" ", "{}", ((picture(row),) for row in fine.evidence.order_by("pk")))

    def trail_subjects(self, row: TrafficFine) -> Sequence[str]:
        return (row.reference,)

    def get_urls(self) -> list[URLPattern]:
        own = path("import/", self.admin_site.admin_view(self.import_view), name="rentals_trafficfine_import")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        own: dict[str, Any] = {"may_import": self._may_import(request)}
        return super().changelist_view(request, {**(extra_context or {}), **own})

    def _may_import(self, request: HttpRequest) -> bool:
        # What a record's own form may change is nothing, for anybody; the permission says who works on fines.
        user: Any = request.user
        return bool(user.has_perm("rentals.change_trafficfine"))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take in a list that an authority or a look-up service has sent."""
        if not self._may_import(request):
            raise PermissionDenied
        upload = request.FILES.get("list") if request.method == "POST" else None
        if upload is None or not upload.size or upload.size > LARGEST_FILE:
            self.message_user(request, _("Hãy chọn một tệp CSV nhỏ hơn 2 MB."), messages.ERROR)
            return redirect(list_url(TrafficFine))
        try:
            done = services.import_fines(content=upload.read(), by=admin_actor(request))
        except FileUnreadable as error:
            self.message_user(request, problem_in_words(error), messages.ERROR)
            return redirect(list_url(TrafficFine))
        said = gettext(
            "Đã nhập %(new)s khoản mới, %(matched)s khoản rõ chuyến; %(known)s khoản đã có từ trước."
        )
        self.message_user(
            request, said % {"new": done.new, "matched": done.matched, "known": done.known}, messages.SUCCESS
        )
        return redirect(list_url(TrafficFine))
