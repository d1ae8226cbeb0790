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
