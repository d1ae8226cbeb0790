"""Kinds and states of money cases."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseKind(models.TextChoices):
    MISMATCH = "mismatch", _("số tiền hoặc nơi nhận không khớp")
    REVIEW = "review", _("cổng thanh toán chờ ta quyết định")
    UNKNOWN_MONEY = "unknown_money", _("tiền chưa rõ của ai")
    REFUND_FAILED = "refund_failed", _("không hoàn được tiền")
    HOLD_LOST = "hold_lost", _("mất tiền giữ trên thẻ")
    CHARGEBACK = "chargeback", _("ngân hàng đòi lại tiền")
    FILE_MISSING = "file_missing", _("thiếu tệp đối soát hoặc sao kê")
    RECONCILIATION = "reconciliation", _("đối soát lệch")
    STATEMENT = "statement", _("sao kê chờ người thứ hai xác nhận")
    CASH_VARIANCE = "cash_variance", _("chênh lệch két")
    LEDGER = "ledger", _("sổ cái không khớp")
    OTHER = "other", _("khác")


class CaseState(models.TextChoices):
    OPEN = "open", _("chờ xử lý")
    RESOLVED = "resolved", _("đã xử lý")
