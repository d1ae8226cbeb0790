"""The kinds of messages that VoltGo sends."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageKind(models.TextChoices):
    """Each kind has its texts in templates/emails/<kind>/: subject.txt, body.txt and body.html."""

    DOCUMENT_APPROVED = "document_approved", _("giấy tờ được duyệt")
    DOCUMENT_REJECTED = "document_rejected", _("giấy tờ cần chụp lại")
    DOCUMENT_EXPIRED = "document_expired", _("giấy tờ hết hạn")
    BOOKING_CONFIRMED = "booking_confirmed", _("đặt xe thành công")
    BOOKING_CANCELLED = "booking_cancelled", _("hủy đặt xe")
    BOOKING_NO_SHOW = "booking_no_show", _("không đến nhận xe")
    LATE_PAYMENT_REFUNDED = "late_payment_refunded", _("hoàn tiền thanh toán trễ")
    CONTRACT_SIGNED = "contract_signed", _("hợp đồng đã ký")
    SETTLEMENT_READY = "settlement_ready", _("quyết toán chuyến thuê")
    RECEIPT_ISSUED = "receipt_issued", _("biên nhận")
