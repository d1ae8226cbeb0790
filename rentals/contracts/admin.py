"""Contracts and signatures for operators: to look at, to render again, to mail again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from rentals.bookings.admin import BookingAdmin
from rentals.bookings.models import Booking
from rentals.contracts.content import content_sha256, short_code
from rentals.contracts.enums import CONTRACT, ContractState
from rentals.contracts.models import Contract, ContractAddendum, ContractSignature
from rentals.contracts.selectors import jobs_of
from rentals.contracts.services import render_again, revive_jobs, send_again
from voltgo.core import clock
from voltgo.core.backoffice.columns import NOTHING, link, link_to, tag, tag_html
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step
from voltgo.core.models import OutboxMessage

STATE_COLOURS: Mapping[str, str] = {
    ContractState.DRAFT: "warning",
    ContractState.RENDERED: "info",
    ContractState.SIGNED: "success",
    ContractState.VOIDED: "danger",
}
JOBS: Mapping[str, Any] = {
    "contracts.render": _("lập hợp đồng"),
    "contracts.render_signed": _("lập và đóng dấu bản đã ký"),
    "contracts.render_addendum": _("lập và đóng dấu phụ lục"),
}
EVIDENCE = ("signer", "name", "user", "method", "signed_at", "ip_address", "device")


class ContractSignatureInline(TabularInline):
    model = ContractSignature
    extra = 0
    can_delete = False
    fields = readonly_fields = (*EVIDENCE, "strokes_sha256", "document_sha256")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contract)
class ContractAdmin(RecordAdmin):
    list_display = ("number", "booking_link", "renter", "state_tag", "version", "created_at", "signed_at")
    list_filter = (("state", ChoicesDropdownFilter), ("signed_at", admin.EmptyFieldListFilter))
    search_fields = (
        "number",
        "booking__code",
        "booking__renter__full_name",
        "booking__renter__email",
        "sha256",
    )
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    machines = (CONTRACT,)
    inlines = (ContractSignatureInline,)
    # The files have no address of their own: they are opened through the page that checks who may read them.
    fields = readonly_fields = (
        "number",
        "version",
        "booking_link",
        "renter",
        "state_tag",
        "documents",
        "content_code",
        "created_at",
        "rendered_at",
        "sha256",
        "signed_at",
        "signed_sha256",
    )
    steps = (
        Step(
            name="render-again",
            label=_("Kết xuất lại"),
            hint=_(
                "Lập văn bản còn thiếu, và khôi phục tệp bị mất hoặc hỏng nếu kết xuất ra đúng từng byte."
            ),
            icon="print",
            applies=lambda contract: contract.state != ContractState.VOIDED,
            do=lambda contract, by, _values: render_again(contract=contract, by=by),
        ),
        Step(
            name="send-again",
            label=_("Gửi lại email"),
            hint=_("Người thuê nhận lại email kèm bản đã ký."),
            icon="mail",
            applies=lambda contract: bool(contract.signed_sha256),
            do=lambda contract, by, _values: send_again(contract=contract, by=by),
        ),
    )

    booking_link = link("booking", _("lượt đặt xe"))
    renter = link("booking.renter", _("người thuê"))
    state_tag = tag("state", _("trạng thái"), STATE_COLOURS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contract]:
        return Contract.objects.select_related("booking__renter")

    def trail_subjects(self, row: Contract) -> Sequence[str]:
        return (f"contract:{row.number}",)

    @admin.display(description=_("tệp"))
    def documents(self, contract: Contract) -> str:
        if not contract.sha256:
            return NOTHING
        url = reverse("rentals:contract-pdf", args=[contract.number])
        return format_html('<a class="vg-link" href="{}">{}</a>', url, _("Mở PDF"))

    @admin.display(description=_("mã nội dung"))
    def content_code(self, contract: Contract) -> str:
        return short_code(content_sha256(contract))


@admin.register(ContractSignature)
class ContractSignatureAdmin(RecordAdmin):
    list_display = ("contract", *EVIDENCE)
    list_filter = (("signer", ChoicesDropdownFilter), ("method", ChoicesDropdownFilter))
    search_fields = ("contract__number", "name", "user__email", "document_sha256")
    list_select_related = ("contract", "user")
    ordering = ("-pk",)
    fields = readonly_fields = ("contract", *EVIDENCE, "strokes_sha256", "document_sha256")


@admin.register(ContractAddendum)
class ContractAddendumAdmin(RecordAdmin):
    list_display = (
        "number",
        "contract_link",
        "kind",
        "reference",
        "created_at",
        "rendered_at",
        "accepted_at",
    )
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("rendered_at", admin.EmptyFieldListFilter),
        ("accepted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("contract",)
    search_fields = ("number", "reference", "contract__booking__code")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "number",
        "contract_link",
        "kind",
        "document",
        "reference",
        "created_at",
        "rendered_at",
        "sha256",
        "seal",
        "accepted_at",
        "ip_address",
        "device",
    )
    contract_link = link("contract", _("hợp đồng"))

    @admin.display(description=_("tệp"))
    def document(self, addendum: ContractAddendum) -> str:
        return _addendum_file(addendum)


# --- Below a contract: what is still to be done, and what was added -----------------------------------


def jobs_of_contract(contract: Contract) -> Panel:
    """Show the promised jobs of a contract's documents, so that people see what is stuck and why."""
    return Panel(
        title=_("Việc lập văn bản"),
        headings=(_("Việc"), _("Tình trạng"), _("Số lần thử"), _("Lỗi gần nhất"), _("Chạy lại lúc")),
        rows=[
            (
                link_to(job, JOBS.get(job.topic, job.topic)),
                _job_state(job),
                job.attempts,
                job.last_error or NOTHING,
                _at(job),
            )
            for job in jobs_of(contract)
        ],
        empty=_("Không có việc nào."),
    )


def addenda_of_contract(contract: Contract) -> Panel:
    """Show what was added to a signed contract."""
    return Panel(
        title=_("Phụ lục"),
        headings=(_("Số"), _("Loại"), _("Lập lúc"), _("Tệp")),
        rows=[
            (link_to(row), row.get_kind_display(), _moment(row.created_at), _addendum_file(row))
            for row in contract.addenda.order_by("position")
        ],
        empty=_("Chưa có phụ lục."),
    )


def _job_state(job: OutboxMessage) -> str:
    if job.done_at:
        return tag_html(str(_("xong")), "success")
    if job.dead_at:
        return tag_html(str(_("đã bỏ cuộc")), "danger")
    return tag_html(str(_("đang chờ")), "warning")


def _at(job: OutboxMessage) -> str:
    return NOTHING if job.done_at or job.dead_at else _moment(job.available_at)


def _moment(moment: Any) -> str:
    return f"{clock.local(moment):%H:%M %d/%m/%Y}"


def _addendum_file(addendum: ContractAddendum) -> str:
    if not addendum.sha256:
        return str(_("đang lập"))
    url = reverse("rentals:contract-addendum", args=[addendum.contract.number, addendum.position])
    return format_html('<a class="vg-link" href="{}">{}</a>', url, _("Mở PDF"))


ContractAdmin.extend(
    steps=(
        Step(
            name="revive-jobs",
            label=_("Chạy lại việc đã bỏ cuộc"),
            hint=_("Những việc lập văn bản đã thử nhiều lần mà không được sẽ được thử lại từ đầu."),
            icon="restart_alt",
            applies=lambda contract: any(job.dead_at for job in jobs_of(contract)),
            do=lambda contract, by, _values: revive_jobs(contract=contract, by=by),
        ),
    ),
    panels=[jobs_of_contract, addenda_of_contract],
)


# --- On the page of a booking -------------------------------------------------------------------------


def contracts_of_booking(booking: Booking) -> Panel:
    """Show every version of a booking's contract, the voided ones included."""
    return Panel(
        title=_("Hợp đồng"),
        headings=(_("Số hợp đồng"), _("Phiên bản"), _("Trạng thái"), _("Ký lúc")),
        rows=[
            (
                link_to(contract),
                contract.version,
                contract.get_state_display(),
                f"{clock.local(contract.signed_at):%H:%M %d/%m/%Y}" if contract.signed_at else NOTHING,
            )
            for contract in booking.contracts.order_by("-version")
        ],
        empty=_("Chưa có hợp đồng."),
    )


BookingAdmin.extend(panels=[contracts_of_booking])
