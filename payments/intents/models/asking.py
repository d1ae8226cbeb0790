"""What we want to be paid, and each try to pay it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import AttemptOutcome, IntentState, Provider, Purpose
from voltgo.core.money import DongField, format_dong


class PaymentIntent(models.Model):
    """One amount that one payer is asked to pay for one reference."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payment_intents", verbose_name=_("người trả")
    )
    reference = models.CharField(_("tham chiếu"), max_length=80)
    purpose = models.CharField(_("mục đích"), max_length=12, choices=Purpose)
    description = models.CharField(_("nội dung"), max_length=200, blank=True)
    # Chosen by the payer at the newest attempt; until then the one that is offered first.
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    amount = DongField(_("số tiền"))
    prepayment_amount = DongField(_("trong đó tiền thuê"))
    deposit_amount = DongField(_("trong đó tiền cọc"))
    # What came so far, surplus left out; and what a card promised instead of paying. Both together reach
    # `amount` when the intent succeeds.
    received_amount = DongField(_("đã nhận"), db_default=0, default=0)
    pledged_amount = DongField(_("giữ trên thẻ thay vì thu"), db_default=0, default=0)
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
            models.CheckConstraint(
                name="payment_intent_received_within_amount",
                condition=models.Q(
                    received_amount__gte=0,
                    pledged_amount__gte=0,
                    pledged_amount__lte=models.F("deposit_amount"),
                    amount__gte=models.F("received_amount") + models.F("pledged_amount"),
                ),
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
        return f"{self.reference.rpartition(':')[2]} {format_dong(self.amount)}"

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
    # What this attempt takes, and what it leaves to be held on the card. A pure hold takes nothing now.
    amount = DongField(_("số tiền thu"))
    hold_amount = DongField(_("số tiền giữ"), default=0)
    # Where the payer goes, or the transfer they are asked for; kept so that a repeat opens no second one.
    session_ref = models.CharField(_("mã phiên của cổng"), max_length=120, blank=True)
    page_url = models.TextField(_("trang thanh toán"), blank=True)
    transfer = models.JSONField(_("thông tin chuyển khoản"), null=True, blank=True)
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
            models.UniqueConstraint(
                name="payment_attempt_one_per_session",
                fields=["provider", "session_ref"],
                condition=~models.Q(session_ref=""),
            ),
            models.CheckConstraint(
                name="payment_attempt_asks_for_something",
                condition=models.Q(amount__gte=0, hold_amount__gte=0)
                & (models.Q(amount__gt=0) | models.Q(hold_amount__gt=0)),
            ),
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
