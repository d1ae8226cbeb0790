"""The money that came, and what a payer's bank takes back of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import ChargebackState, Provider
from payments.intents.models.asking import PaymentIntent
from voltgo.core.money import DongField


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
    # The drawer of cash, the person of credit; see chart.received_through.
    account_ref = models.CharField(_("két hoặc tài khoản"), max_length=80, blank=True)
    # Who sent a bank transfer, so that it can be sent back; the number encrypted (services.payees).
    sender = models.JSONField(_("người chuyển khoản"), null=True, blank=True)

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
        return f"{self.get_provider_display()} {self.provider_ref}"


class Chargeback(models.Model):
    """Money that a payer's bank takes back while a dispute runs."""

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="chargebacks", verbose_name=_("khoản tiền đã nhận")
    )
    reference = models.CharField(_("tham chiếu"), max_length=80)
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    provider_ref = models.CharField(_("mã tranh chấp của cổng"), max_length=64)
    amount = DongField(_("số tiền"))
    reason = models.CharField(_("lý do"), max_length=60, blank=True)
    state = models.CharField(
        _("trạng thái"), max_length=8, choices=ChargebackState, default=ChargebackState.OPEN
    )
    opened_at = models.DateTimeField(_("mở lúc"))
    closed_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("tranh chấp với ngân hàng")
        verbose_name_plural = _("các tranh chấp với ngân hàng")
        constraints: ClassVar = [
            models.UniqueConstraint(name="chargeback_once", fields=["provider", "provider_ref"]),
            models.CheckConstraint(name="chargeback_amount_positive", condition=models.Q(amount__gt=0)),
        ]
        indexes: ClassVar = [models.Index(fields=["reference"], name="chargeback_reference")]

    def __str__(self) -> str:
        return f"{self.provider}:{self.provider_ref}"
