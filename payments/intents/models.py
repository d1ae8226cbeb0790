"""What we want to be paid, each try to pay it, the money that came, deposits and refunds."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import (
    AttemptOutcome,
    CallState,
    DepositState,
    IntentState,
    Provider,
    Purpose,
    RefundReason,
    RefundState,
)
from voltgo.core.actors import ActorKind
from voltgo.core.money import Dong, DongField


class PaymentIntent(models.Model):
    """One amount that one payer is asked to pay for one reference."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payment_intents", verbose_name=_("người trả")
    )
    reference = models.CharField(_("tham chiếu"), max_length=80)
    purpose = models.CharField(_("mục đích"), max_length=12, choices=Purpose)
    description = models.CharField(_("nội dung"), max_length=200, blank=True)
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    amount = DongField(_("số tiền"))
    prepayment_amount = DongField(_("trong đó tiền thuê"))
    deposit_amount = DongField(_("trong đó tiền cọc"))
    state = models.CharField(_("trạng thái"), max_length=16, choices=IntentState, default=IntentState.CREATED)
    # Of the newest attempt; older ones stand in their own rows and are still recognised.
    merchant_ref = models.CharField(_("mã gửi cổng"), max_length=100, null=True, blank=True, unique=True)
    provider_created_at = models.DateTimeField(_("tạo ở cổng lúc"), null=True, blank=True)
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64, blank=True)
    language = models.CharField(_("ngôn ngữ"), max_length=8, default="vi")
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=120, unique=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    expires_at = models.DateTimeField(_("hết hạn lúc"))
    succeeded_at = models.DateTimeField(_("thành công lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("yêu cầu thanh toán")
        verbose_name_plural = _("các yêu cầu thanh toán")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payment_intent_amount_is_the_sum_of_its_parts",
                condition=models.Q(amount=models.F("prepayment_amount") + models.F("deposit_amount")),
            ),
            models.CheckConstraint(
                name="payment_intent_amounts_positive",
                condition=models.Q(amount__gt=0, prepayment_amount__gte=0, deposit_amount__gte=0),
            ),
            models.UniqueConstraint(
                name="payment_intent_one_per_provider_transaction",
                fields=["provider", "provider_ref"],
                condition=~models.Q(provider_ref=""),
            ),
        ]
        # "The payments of this booking."
        indexes: ClassVar = [models.Index(fields=["reference"], name="payment_intent_reference")]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount}"

    def get_absolute_url(self) -> str:
        return reverse("payments:intent-detail", args=[self.pk])


class PaymentAttempt(models.Model):
    """One visit of the payer to the provider, under a merchant reference of its own."""

    intent = models.ForeignKey(
        PaymentIntent, models.PROTECT, related_name="attempts", verbose_name=_("yêu cầu thanh toán")
    )
    number = models.PositiveSmallIntegerField(_("lần"))
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    merchant_ref = models.CharField(_("mã gửi cổng"), max_length=100, unique=True)
    provider_created_at = models.DateTimeField(_("tạo ở cổng lúc"))
    expires_at = models.DateTimeField(_("hết hạn lúc"))
    outcome = models.CharField(
        _("kết quả"), max_length=12, choices=AttemptOutcome, default=AttemptOutcome.STARTED
    )
    provider_code = models.CharField(_("mã kết quả của cổng"), max_length=16, blank=True)
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    polls = models.PositiveSmallIntegerField(_("số lần hỏi"), default=0)
    next_poll_at = models.DateTimeField(_("hỏi lại lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lần thanh toán")
        verbose_name_plural = _("các lần thanh toán")
        constraints: ClassVar = [
            models.UniqueConstraint(name="payment_attempt_numbered", fields=["intent", "number"]),
        ]
        indexes: ClassVar = [
            # The poller's query.
            models.Index(
                fields=["next_poll_at"],
                name="payment_attempt_poll",
                condition=models.Q(next_poll_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.merchant_ref


class Payment(models.Model):
    """Money that really came: one row per transaction of a provider."""

    intent = models.ForeignKey(
        PaymentIntent, models.PROTECT, related_name="payments", verbose_name=_("yêu cầu thanh toán")
    )
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64)
    merchant_ref = models.CharField(_("mã gửi cổng"), max_length=100)
    provider_created_at = models.DateTimeField(_("tạo ở cổng lúc"))
    amount = DongField(_("số tiền"))
    prepayment_amount = DongField(_("tiền thuê"))
    deposit_amount = DongField(_("tiền cọc"))
    # Came without being asked for: a second payment of the same intent, or of a debt already paid.
    surplus_amount = DongField(_("tiền thừa"))
    paid_at = models.DateTimeField(_("trả lúc"))
    method = models.CharField(_("phương tiện"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("khoản tiền đã nhận")
        verbose_name_plural = _("các khoản tiền đã nhận")
        constraints: ClassVar = [
            models.UniqueConstraint(name="payment_once_per_transaction", fields=["provider", "provider_ref"]),
            models.CheckConstraint(
                name="payment_amount_is_the_sum_of_its_parts",
                condition=models.Q(
                    amount=models.F("prepayment_amount")
                    + models.F("deposit_amount")
                    + models.F("surplus_amount")
                ),
            ),
            models.CheckConstraint(
                name="payment_amounts_positive",
                condition=models.Q(
                    amount__gt=0, prepayment_amount__gte=0, deposit_amount__gte=0, surplus_amount__gte=0
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.provider_ref}"


class Deposit(models.Model):
    """The security deposit of one reference: what is held, what was captured, what went back."""

    reference = models.CharField(_("tham chiếu"), max_length=80, unique=True)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="deposits", verbose_name=_("người đặt cọc")
    )
    amount = DongField(_("số tiền"))
    captured = DongField(_("đã trừ"))
    released = DongField(_("đã trả lại"))
    state = models.CharField(_("trạng thái"), max_length=16, choices=DepositState, default=DepositState.DUE)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("tiền cọc")
        verbose_name_plural = _("các khoản tiền cọc")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="deposit_never_spent_twice",
                condition=models.Q(amount__gte=models.F("captured") + models.F("released")),
            ),
            models.CheckConstraint(
                name="deposit_amounts_positive",
                condition=models.Q(amount__gt=0, captured__gte=0, released__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount}"

    @property
    def remaining(self) -> Dong:
        """What is still held."""
        return 0 if self.state == DepositState.DUE else self.amount - self.captured - self.released


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
            # The poller's query.
            models.Index(
                fields=["next_poll_at"], name="refund_poll", condition=models.Q(state=RefundState.SUBMITTED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} −{self.amount}"


class OutboundCall(models.Model):
    """One request to a provider that moves money, written down and committed before it is sent."""

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
