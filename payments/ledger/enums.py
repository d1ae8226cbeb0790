"""Kinds of account and of entry."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountKind(models.TextChoices):
    ASSET = "asset", _("tài sản")
    LIABILITY = "liability", _("phải trả")
    INCOME = "income", _("doanh thu")
    EXPENSE = "expense", _("chi phí")


# A debit is written as a positive amount. These kinds grow by debits; the others grow by credits.
DEBIT_KINDS = frozenset({AccountKind.ASSET, AccountKind.EXPENSE})


class EntryKind(models.TextChoices):
    PAYMENT = "payment", _("nhận tiền")
    SURPLUS = "surplus", _("nhận tiền thừa")
    DEPOSIT_CAPTURE = "deposit_capture", _("trừ tiền cọc")
    REVENUE = "revenue", _("ghi nhận doanh thu")
    REFUND = "refund", _("hoàn tiền")
    REFUND_SETTLED = "refund_settled", _("tiền hoàn đã đến nơi")
    REVERSAL = "reversal", _("bút toán đảo")
    HOLD_USED = "hold_used", _("dùng tiền giữ trên thẻ")
    HOLD_CAPTURED = "hold_captured", _("đã thu tiền giữ trên thẻ")
    HOLD_LOST = "hold_lost", _("tiền giữ trên thẻ không thu được")
    CREDIT_GIVEN = "credit_given", _("ghi vào số dư VoltGo")
    CASH_FLOAT = "cash_float", _("tiền lẻ đầu ca")
    CASH_DROP = "cash_drop", _("nộp tiền khỏi két")
    CASH_BANKED = "cash_banked", _("tiền nộp đã vào ngân hàng")
    CASH_VARIANCE = "cash_variance", _("chênh lệch kiểm két")
    PAYOUT = "payout", _("cổng thanh toán chuyển tiền về")
    SUSPENSE = "suspense", _("tiền chưa rõ của ai")
    SUSPENSE_CLEARED = "suspense_cleared", _("đã rõ tiền của ai")
    DISPUTE_OPENED = "dispute_opened", _("ngân hàng tạm đòi lại tiền")
    DISPUTE_WON = "dispute_won", _("ngân hàng trả lại tiền")
    DISPUTE_LOST = "dispute_lost", _("ngân hàng đòi lại tiền")
    FINE = "fine", _("phạt nguội")
    WRITE_OFF = "write_off", _("xóa nợ")
    ADJUSTMENT = "adjustment", _("điều chỉnh")
