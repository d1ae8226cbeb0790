"""Money on its way back, and the requests to providers that move money."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import CallState, Provider, RefundReason, RefundState, RefundWay
from payments.intents.models.asking import PaymentIntent
from payments.intents.models.by_hand import TransferBatch
from payments.intents.models.receiving import Payment
from voltgo.core.actors import ActorKind
from voltgo.core.money import DongField, format_dong


class Refund(models.Model):
    """Money on its way back to the payment it came from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    intent = models.ForeignKey(
        PaymentIntent, models.PROTECT, related_name="refunds", verbose_name=_("yêu cầu thanh toán")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", verbose_name=_("khoản tiền đã nhận")
    )
    reference = models.CharField(_("tham chiếu"), max_length=80)
    amount = DongField(_("số tiền"))
    prepayment_amount = DongField(_("tiền thuê"))
    deposit_amount = DongField(_("tiền cọc"))
    surplus_amount = DongField(_("tiền thừa"))
    reason = models.CharField(_("lý do"), max_length=20, choices=RefundReason)
    way = models.CharField(_("cách hoàn"), max_length=10, choices=RefundWay, default=RefundWay.ORIGINAL)
    # Of cash: the drawer it was paid out of.
    account_ref = models.CharField(_("két"), max_length=80, blank=True)
    # Of a transfer by hand: to whom (the number encrypted; see services.payees), the words by which a
    # statement is matched, and the file that was handed to the bank.
    payee = models.JSONField(_("người nhận"), null=True, blank=True)
    memo = models.CharField(_("nội dung chuyển khoản"), max_length=40, blank=True)
    batch = models.ForeignKey(
        TransferBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("bảng lệnh"),
    )
    state = models.CharField(
        _("trạng thái"), max_length=12, choices=RefundState, default=RefundState.REQUESTED
    )
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=140, unique=True)
    # What the provider knows this refund by; a retry after a clear refusal takes a new one.
    request_id = models.CharField(_("mã yêu cầu hoàn"), max_length=32, unique=True)
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64, blank=True)
    provider_code = models.CharField(_("mã kết quả của cổng"), max_length=16, blank=True)
    requested_by_kind = models.CharField(_("vai trò người yêu cầu"), max_length=16, choices=ActorKind)
    requested_by_ref = models.CharField(_("mã người yêu cầu"), max_length=64, blank=True)
    requested_by_label = models.CharField(_("người yêu cầu"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("gửi lúc"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("hoàn xong lúc"), null=True, blank=True)
    polls = models.PositiveSmallIntegerField(_("số lần hỏi"), default=0)
    next_poll_at = models.DateTimeField(_("hỏi lại lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("khoản hoàn tiền")
        verbose_name_plural = _("các khoản hoàn tiền")
        permissions: ClassVar = [("approve_refund", _("Duyệt hoàn tiền"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="refund_amount_is_the_sum_of_its_parts",
                condition=models.Q(
                    amount=models.F("prepayment_amount")
                    + models.F("deposit_amount")
                    + models.F("surplus_amount")
                ),
            ),
            models.CheckConstraint(
                name="refund_amounts_positive",
                condition=models.Q(
                    amount__gt=0, prepayment_amount__gte=0, deposit_amount__gte=0, surplus_amount__gte=0
                ),
            ),
            # The provider tells only the state of the latest refund of a payment, so they go one by one.
            models.UniqueConstraint(
                name="refund_one_on_its_way_per_payment",
                fields=["payment"],
                condition=models.Q(state=RefundState.SUBMITTED),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reference"], name="refund_reference"),
            # What waits for a person.
            models.Index(
                fields=["created_at"], name="refund_by_hand", condition=models.Q(state=RefundState.BY_HAND)
            ),
            # The poller's query.
            models.Index(
                fields=["next_poll_at"], name="refund_poll", condition=models.Q(state=RefundState.SUBMITTED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference.rpartition(':')[2]} −{format_dong(self.amount)}"


class OutboundCall(models.Model):
    """One request to a provider that moves money or lets go of a card, written down and committed before it is sent."""

    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    operation = models.CharField(_("việc"), max_length=20)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=120, unique=True)
    request_hash = models.CharField(_("băm yêu cầu"), max_length=64)
    state = models.CharField(_("trạng thái"), max_length=10, choices=CallState, default=CallState.PREPARED)
    attempts = models.PositiveSmallIntegerField(_("số lần gửi"), default=0)
    response = models.JSONField(_("trả lời"), null=True, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    answered_at = models.DateTimeField(_("trả lời lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lệnh gửi cổng thanh toán")
        verbose_name_plural = _("các lệnh gửi cổng thanh toán")

    def __str__(self) -> str:
        return self.idempotency_key
