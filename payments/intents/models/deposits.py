"""Security deposits, as money and as holds on cards."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import HOLD_OPEN_STATES, DepositState, HoldState, Provider
from payments.intents.models.asking import PaymentIntent
from voltgo.core.money import Dong, DongField, format_dong


class Deposit(models.Model):
    """The security deposit of one reference: what is held, what was captured, what went back."""

    reference = models.CharField(_("tham chiếu"), max_length=80, unique=True)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="deposits", verbose_name=_("người đặt cọc")
    )
    amount = DongField(_("số tiền"))
    captured = DongField(_("đã trừ"))
    released = DongField(_("đã trả lại"))
    # Of what remains: promised by cards and wallets, neither received nor let go. Follows the holds.
    on_hold = DongField(_("trong đó giữ trên thẻ"), db_default=0, default=0)
    # Kept back after the return, for fines of cameras that surface later; goes back by itself on the day.
    retained = DongField(_("giữ lại chờ phạt nguội"), db_default=0, default=0)
    retained_until = models.DateField(_("giữ lại đến"), null=True, blank=True)
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
                condition=models.Q(
                    amount__gt=0, captured__gte=0, released__gte=0, on_hold__gte=0, retained__gte=0
                ),
            ),
            models.CheckConstraint(
                name="deposit_retained_until_a_day",
                condition=models.Q(retained=0) | models.Q(retained_until__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # What goes back today.
            models.Index(
                fields=["retained_until"], name="deposit_retained", condition=models.Q(retained__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference.rpartition(':')[2]} {format_dong(self.amount)}"

    @property
    def remaining(self) -> Dong:
        """What is still held, as money or on a card."""
        if self.state in {DepositState.DUE, DepositState.WAIVED}:
            return 0
        return self.amount - self.captured - self.released

    @property
    def money(self) -> Dong:
        """What of that lies with us as money."""
        return self.remaining - self.on_hold


class SavedInstrument(models.Model):
    """A card that the provider keeps for one payer, with their consent; we know only names for it."""

    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="instruments", verbose_name=_("người trả")
    )
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    customer_ref = models.CharField(_("mã khách ở cổng"), max_length=120)
    method_ref = models.CharField(_("mã thẻ ở cổng"), max_length=120)
    label = models.CharField(_("thẻ"), max_length=60)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    forgotten_at = models.DateTimeField(_("bỏ lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("thẻ đã lưu")
        verbose_name_plural = _("các thẻ đã lưu")
        constraints: ClassVar = [
            models.UniqueConstraint(name="saved_instrument_once", fields=["payer", "provider", "method_ref"]),
        ]

    def __str__(self) -> str:
        return self.label


class DepositHold(models.Model):
    """An amount that a card or a wallet holds for a deposit: promised, not received."""

    deposit = models.ForeignKey(Deposit, models.PROTECT, related_name="holds", verbose_name=_("tiền cọc"))
    intent = models.ForeignKey(
        PaymentIntent, models.PROTECT, related_name="holds", verbose_name=_("yêu cầu thanh toán")
    )
    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    instrument = models.ForeignKey(
        SavedInstrument, models.PROTECT, null=True, blank=True, related_name="holds", verbose_name=_("thẻ")
    )
    # Renewed before it runs out: the new hold names the one it takes over from.
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("thay cho")
    )
    merchant_ref = models.CharField(_("mã gửi cổng"), max_length=100, unique=True)
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64, blank=True)
    provider_code = models.CharField(_("mã kết quả của cổng"), max_length=60, blank=True)
    amount = DongField(_("số tiền"))
    # What we took for the settlement and what is kept back as money; asked of the provider in one capture.
    to_capture = DongField(_("cần thu"), default=0)
    captured = DongField(_("đã thu"), default=0)
    state = models.CharField(_("trạng thái"), max_length=12, choices=HoldState, default=HoldState.PLANNED)
    place_at = models.DateTimeField(_("giữ từ lúc"))
    capture_before = models.DateTimeField(_("phải thu trước"), null=True, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    held_at = models.DateTimeField(_("giữ được lúc"), null=True, blank=True)
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("số lần thử"), default=0)
    next_check_at = models.DateTimeField(_("xem lại lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("khoản giữ trên thẻ")
        verbose_name_plural = _("các khoản giữ trên thẻ")
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="deposit_hold_one_per_provider_transaction",
                fields=["provider", "provider_ref"],
                condition=~models.Q(provider_ref=""),
            ),
            models.CheckConstraint(
                name="deposit_hold_never_takes_more_than_it_holds",
                condition=models.Q(
                    amount__gt=0,
                    to_capture__gte=0,
                    captured__gte=0,
                    amount__gte=models.F("to_capture"),
                )
                & models.Q(amount__gte=models.F("captured")),
            ),
        ]
        indexes: ClassVar = [
            # The job that places, renews, takes and frees holds.
            models.Index(
                fields=["next_check_at"],
                name="deposit_hold_check",
                condition=models.Q(next_check_at__isnull=False),
            ),
            models.Index(
                fields=["capture_before"],
                name="deposit_hold_running_out",
                condition=models.Q(state__in=HOLD_OPEN_STATES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.merchant_ref} {format_dong(self.amount)}"
