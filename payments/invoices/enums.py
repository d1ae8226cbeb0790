"""Kinds and states of receipts and e-invoices, what tax rules are about, and who buys."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import BACK_OFFICE, MACHINES, Machine


class ReceiptState(models.TextChoices):
    ISSUED = "issued", _("đã lập, đang tạo PDF")
    RENDERED = "rendered", _("đã có PDF")


RECEIPT = Machine("receipt", ReceiptState.ISSUED, {(ReceiptState.ISSUED, ReceiptState.RENDERED): MACHINES})


class ReceiptKind(models.TextChoices):
    """What a receipt is for. A slip and a balance say that money came; the others say what it was for."""

    RENTAL = "rental", _("chuyến thuê đã quyết toán")
    FEE = "fee", _("phí được giữ lại")
    COMPENSATION = "compensation", _("bồi thường, thu hộ tiền phạt")
    BALANCE = "balance", _("trả khoản còn thiếu")
    SLIP = "slip", _("phiếu thu")


class Series(models.TextChoices):
    """What stands before a number; each series counts by itself, from one, in each year."""

    RECEIPT = "BN", _("biên nhận")
    SLIP = "PT", _("phiếu thu")


class Activity(models.TextChoices):
    """What money is for, as the law on VAT tells it apart."""

    VEHICLE_RENTAL = "vehicle_rental", _("cho thuê xe")
    FEE = "fee", _("phí dịch vụ khi thuê và trả xe")
    CANCELLATION = "cancellation", _("phí hủy, phí không đến")
    COMPENSATION = "compensation", _("bồi thường thiệt hại")
    PENALTY = "penalty", _("phạt vi phạm hợp đồng")
    DEPOSIT = "deposit", _("tiền cọc")
    FINE = "fine", _("tiền phạt thu hộ")


class RuleStatus(models.TextChoices):
    CONFIRMED = "confirmed", _("đã xác nhận")
    # Applied, but the accountant has not yet said that it is right.
    UNCONFIRMED = "unconfirmed", _("chờ kế toán xác nhận")


class BuyerKind(models.TextChoices):
    COMPANY = "company", _("công ty, tổ chức")
    PERSON = "person", _("cá nhân Việt Nam")
    FOREIGNER = "foreigner", _("cá nhân nước ngoài")


class EInvoiceKind(models.TextChoices):
    SALE = "sale", _("hóa đơn gốc")
    ADJUSTMENT = "adjustment", _("hóa đơn điều chỉnh")
    REPLACEMENT = "replacement", _("hóa đơn thay thế")


class EInvoiceState(models.TextChoices):
    DRAFT = "draft", _("chờ xuất dữ liệu")
    EXPORTED = "exported", _("đã gửi dữ liệu")
    CODED = "coded", _("đã có mã cơ quan thuế")
    ADJUSTED = "adjusted", _("đã được điều chỉnh")
    REPLACED = "replaced", _("đã được thay thế")
    REJECTED = "rejected", _("bị từ chối")


# There is no step to "cancelled": what was invoiced is adjusted or replaced.
EINVOICE = Machine(
    "einvoice",
    EInvoiceState.DRAFT,
    {
        (EInvoiceState.DRAFT, EInvoiceState.EXPORTED): BACK_OFFICE,
        (EInvoiceState.EXPORTED, EInvoiceState.CODED): BACK_OFFICE,
        (EInvoiceState.EXPORTED, EInvoiceState.REJECTED): BACK_OFFICE,
        # The provider's answer came although a person had not seen it leave.
        (EInvoiceState.REJECTED, EInvoiceState.EXPORTED): BACK_OFFICE,
        (EInvoiceState.REJECTED, EInvoiceState.CODED): BACK_OFFICE,
        (EInvoiceState.CODED, EInvoiceState.ADJUSTED): MACHINES | BACK_OFFICE,
        (EInvoiceState.CODED, EInvoiceState.REPLACED): MACHINES | BACK_OFFICE,
        (EInvoiceState.ADJUSTED, EInvoiceState.REPLACED): MACHINES | BACK_OFFICE,
    },
)
# The tax authority's code is on it, whatever came after.
CODED_STATES = frozenset({EInvoiceState.CODED, EInvoiceState.ADJUSTED, EInvoiceState.REPLACED})
