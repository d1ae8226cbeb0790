"""Choices and the state machine of contracts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import BACK_OFFICE, COUNTER, MACHINES, Machine


class ContractState(models.TextChoices):
    DRAFT = "draft", _("chờ lập")
    RENDERED = "rendered", _("đã lập")
    SIGNED = "signed", _("đã ký")
    VOIDED = "voided", _("đã hủy")


class Signer(models.TextChoices):
    RENTER = "renter", _("người thuê")
    STAFF = "staff", _("nhân viên")


class SigningMethod(models.TextChoices):
    DRAWN = "drawn", _("ký tay trên màn hình")
    # For people who cannot draw, and for pages without JavaScript.
    TYPED = "typed", _("gõ họ và tên")
    # On the renter's own telephone: the drawing, and a code that was sent to them.
    DRAWN_WITH_CODE = "drawn_code", _("ký tay kèm mã xác nhận")
    TYPED_WITH_CODE = "typed_code", _("gõ họ tên kèm mã xác nhận")
    # The day the tablet fails: a scan of the paper, with a member of staff answering for it.
    PAPER = "paper", _("bản giấy được quét")


class TemplateState(models.TextChoices):
    DRAFT = "draft", _("bản nháp")
    PUBLISHED = "published", _("đã ban hành")
    RETIRED = "retired", _("ngừng dùng")


class TemplateBlock(models.TextChoices):
    """What the layout prints above an article's words: facts of the booking that no operator writes."""

    NONE = "", _("không có")
    # The article with the parties opens the agreement: it has no number, and its heading is not printed.
    PARTIES = "parties", _("các bên")
    VEHICLE = "vehicle", _("xe")
    PERIOD = "period", _("thời gian, nơi giao và trả")
    PRICE = "price", _("bảng giá")
    DEPOSIT = "deposit", _("tiền cọc")
    USE = "use", _("quãng đường và pin")
    LATE = "late", _("phí trả trễ")


class AddendumKind(models.TextChoices):
    EXTENSION = "extension", _("gia hạn")
    CHANGE = "change", _("thay đổi")
    SWAP = "swap", _("đổi xe")
    RETURN = "return", _("biên bản trả xe")
    DAMAGE = "damage", _("biên bản hư hại")


class ContractEventKind(models.TextChoices):
    """What can happen to a contract, as the evidence names it; stored, so a name never changes its meaning."""

    CREATED = "created", _("soạn")
    RENDERED = "rendered", _("lập văn bản")
    VIEWED = "viewed", _("mở xem")
    CONSENTED = "consented", _("đồng ý ký điện tử")
    CODE_SENT = "code_sent", _("gửi mã xác nhận")
    CODE_REFUSED = "code_refused", _("nhập sai mã xác nhận")
    CODE_CONFIRMED = "code_confirmed", _("xác nhận bằng mã")
    SIGNED_BY_RENTER = "signed_renter", _("người thuê ký")
    SIGNED_BY_STAFF = "signed_staff", _("nhân viên ký")
    SEALED = "sealed", _("đóng dấu số")
    DOWNLOADED = "downloaded", _("tải về")
    AMENDED = "amended", _("lập phụ lục")
    VOIDED = "voided", _("hủy")


TEMPLATE = Machine(
    name="contract_template",
    initial=TemplateState.DRAFT,
    table={
        (TemplateState.DRAFT, TemplateState.PUBLISHED): BACK_OFFICE,
        (TemplateState.PUBLISHED, TemplateState.RETIRED): BACK_OFFICE,
    },
)

CONTRACT = Machine(
    name="contract",
    initial=ContractState.DRAFT,
    table={
        (ContractState.DRAFT, ContractState.RENDERED): MACHINES,
        (ContractState.RENDERED, ContractState.SIGNED): COUNTER,
        (ContractState.DRAFT, ContractState.VOIDED): MACHINES | COUNTER,
        (ContractState.RENDERED, ContractState.VOIDED): MACHINES | COUNTER,
    },
)
