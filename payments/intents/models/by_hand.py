"""What people move by hand: batches of transfers, credit that is paid out, and adjustments."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import AdjustmentKind, AdjustmentState, CreditPayoutState
from voltgo.core.actors import ActorKind
from voltgo.core.money import DongField, format_dong


class TransferBatch(models.Model):
    """Transfers that one person handed to the bank in one file; another person says that they were made."""

    code = models.CharField(_("mã"), max_length=20, unique=True)
    made_by_ref = models.CharField(_("mã người lập"), max_length=64)
    made_by_label = models.CharField(_("người lập"), max_length=200)
    made_at = models.DateTimeField(_("lập lúc"), db_default=Now())
    count = models.PositiveIntegerField(_("số lệnh"))
    amount = DongField(_("tổng tiền"))

    class Meta:
        verbose_name = _("bảng lệnh chuyển tiền")
        verbose_name_plural = _("các bảng lệnh chuyển tiền")

    def __str__(self) -> str:
        return self.code


class CreditPayout(models.Model):
    """Credit that its owner wants on a bank account; it has left the credit and waits for finance."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="credit_payouts", verbose_name=_("của")
    )
    amount = DongField(_("số tiền"))
    # Bank, holder, the number encrypted and its last digits; see services.payees.
    payee = models.JSONField(_("người nhận"))
    memo = models.CharField(_("nội dung chuyển khoản"), max_length=40, unique=True)
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=CreditPayoutState, default=CreditPayoutState.WAITING
    )
    batch = models.ForeignKey(
        TransferBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payouts",
        verbose_name=_("bảng lệnh"),
    )
    bank_ref = models.CharField(_("mã giao dịch ngân hàng"), max_length=80, blank=True)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=120, unique=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    paid_at = models.DateTimeField(_("chuyển lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lần rút số dư")
        verbose_name_plural = _("các lần rút số dư")
        constraints: ClassVar = [
            models.CheckConstraint(name="credit_payout_amount_positive", condition=models.Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.memo


class Adjustment(models.Model):
    """Credit given or a debt written off by people, with a reason; nobody edits an amount instead."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("loại"), max_length=10, choices=AdjustmentKind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="adjustments", verbose_name=_("của")
    )
    # Whose debt of this person is written off, or what the credit is for.
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    amount = DongField(_("số tiền"))
    reason = models.CharField(_("lý do"), max_length=300)
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=AdjustmentState, default=AdjustmentState.REQUESTED
    )
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=120, unique=True)
    requested_by_kind = models.CharField(_("vai trò người yêu cầu"), max_length=16, choices=ActorKind)
    requested_by_ref = models.CharField(_("mã người yêu cầu"), max_length=64)
    requested_by_label = models.CharField(_("người yêu cầu"), max_length=200)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    decided_at = models.DateTimeField(_("quyết định lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("khoản điều chỉnh")
        verbose_name_plural = _("các khoản điều chỉnh")
        permissions: ClassVar = [("approve_adjustment", _("Duyệt điều chỉnh"))]
        constraints: ClassVar = [
            models.CheckConstraint(name="adjustment_amount_positive", condition=models.Q(amount__gt=0)),
            models.CheckConstraint(name="adjustment_has_a_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="adjustment_writes_off_for_a_reference",
                condition=~models.Q(kind=AdjustmentKind.WRITE_OFF) | ~models.Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {format_dong(self.amount)}"
