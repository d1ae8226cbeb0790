"""The change of a booking."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.changes.enums import ChangeKind, ChangeState
from rentals.pricing.models import Quote
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.codes import new_code


def new_change_code() -> str:
    return new_code("TD")


class BookingChange(models.Model):
    """One change of a confirmed booking or a running rental: from one frozen quote to the next.

    The new time is claimed (claimant `change:<code>`) before the old one is let go. While it waits for
    money, the booking stays as it was.
    """

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_change_code, editable=False)
    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, related_name="changes", verbose_name=_("lượt đặt xe")
    )
    kind = models.CharField(_("loại"), max_length=10, choices=ChangeKind)
    state = models.CharField(
        _("trạng thái"), max_length=16, choices=ChangeState, default=ChangeState.AWAITING_PAYMENT
    )
    before_quote = models.ForeignKey(
        Quote, on_delete=models.PROTECT, related_name="+", verbose_name=_("báo giá cũ")
    )
    after_quote = models.OneToOneField(
        Quote, on_delete=models.PROTECT, related_name="change", verbose_name=_("báo giá mới")
    )
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="+", verbose_name=_("xe sau khi đổi")
    )
    # After less before, in dong; negative: the renter gets money back.
    rent_difference = models.BigIntegerField(_("chênh lệch tiền thuê"))
    deposit_difference = models.BigIntegerField(_("chênh lệch tiền cọc"))
    # What of the old rent is kept by the cancellation policy when less is rented than before.
    fee_amount = models.BigIntegerField(_("phí giữ lại"), default=0)
    # Where and how it was asked for: the evidence of the renter's consent, for the addendum.
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=100, unique=True)
    expires_at = models.DateTimeField(_("chờ đến"))
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    applied_at = models.DateTimeField(_("áp dụng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lần đổi lượt đặt")
        verbose_name_plural = _("các lần đổi lượt đặt")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state="awaiting_payment"),
                name="booking_change_one_at_a_time",
            ),
            models.CheckConstraint(condition=Q(fee_amount__gte=0), name="booking_change_fee_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def reference(self) -> str:
        """The name under which the timeline knows this change."""
        return f"change:{self.code}"

    @property
    def is_over(self) -> bool:
        """Whether the time to pay has run out, also when no sweeper has noticed yet."""
        return self.state == ChangeState.AWAITING_PAYMENT and self.expires_at <= clock.now()

    @property
    def shown_state(self) -> str:
        """The state as people must see it."""
        return ChangeState.LAPSED if self.is_over else self.state

    @property
    def is_withdrawn(self) -> bool:
        return self.state == ChangeState.WITHDRAWN

    @property
    def shown_state_label(self) -> str:
        return str(ChangeState(self.shown_state).label)

    @property
    def due_amount(self) -> int:
        """What must be paid before it applies; 0 if money goes back."""
        return max(0, self.rent_difference) + max(0, self.deposit_difference)
