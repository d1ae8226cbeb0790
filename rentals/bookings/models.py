"""The booking."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rentals.bookings.enums import BookingState, CancelReason, Channel
from rentals.pricing.models import Quote
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.codes import new_code


def new_booking_code() -> str:
    return new_code("VG")


class Booking(models.Model):
    """A renter's claim on a vehicle for a future period, with its frozen quote and its allocation."""

    code = models.CharField(
        _("mã đặt xe"), max_length=12, unique=True, default=new_booking_code, editable=False
    )
    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="bookings",
        verbose_name=_("người thuê"),
    )
    quote = models.OneToOneField(
        Quote, on_delete=models.PROTECT, related_name="booking", verbose_name=_("báo giá")
    )
    # The present claim on a vehicle's time; a re-allocation replaces it, the old row stays as history.
    allocation = models.OneToOneField(
        VehicleAllocation, on_delete=models.PROTECT, related_name="booking", verbose_name=_("lịch xe")
    )
    model = models.ForeignKey(
        VehicleModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("mẫu xe")
    )
    pickup_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="pickup_bookings", verbose_name=_("trạm nhận")
    )
    return_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="return_bookings", verbose_name=_("trạm trả")
    )
    starts_at = models.DateTimeField(_("nhận lúc"))
    ends_at = models.DateTimeField(_("trả lúc"))
    is_by_model = models.BooleanField(_("đặt theo mẫu xe"), default=True)
    state = models.CharField(_("trạng thái"), max_length=12, choices=BookingState, default=BookingState.HELD)
    channel = models.CharField(_("kênh"), max_length=8, choices=Channel, default=Channel.WEB)
    eligibility = models.JSONField(_("kết quả xét điều kiện"), default=dict)
    # A double click or a repeated request of the app finds the booking that it made before.
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=100, unique=True)
    cancel_reason = models.CharField(_("lý do hủy"), max_length=20, choices=CancelReason, blank=True)
    # What cancelling would have given back when the pickup was last put off: it never gives more again.
    refund_cap_bp = models.PositiveSmallIntegerField(_("hoàn tối đa khi hủy (phần vạn)"), default=10_000)
    # A supervisor has decided to wait for a late renter until then: no no-show is proposed or noted before.
    awaited_until = models.DateTimeField(_("chờ khách đến"), null=True, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    confirmed_at = models.DateTimeField(_("xác nhận lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lượt đặt xe")
        verbose_name_plural = _("các lượt đặt xe")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="booking_period_in_order"),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""), name="booking_cancelled_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(refund_cap_bp__lte=10_000), name="booking_refund_cap_is_a_share"
            ),
        ]
        indexes: ClassVar = [
            # "My bookings", newest first.
            models.Index(fields=["renter", "-starts_at"], name="booking_renter"),
            # The day board: what goes out of a station.
            models.Index(
                fields=["pickup_station", "starts_at"],
                name="booking_due_out",
                condition=Q(state__in=["confirmed", "arrived"]),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("rentals:booking-detail", args=[self.code])

    @property
    def reference(self) -> str:
        """The name under which payments and the timeline know this booking."""
        return f"booking:{self.code}"

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def is_one_way(self) -> bool:
        """Whether the vehicle comes back to another station than the one that it leaves."""
        return self.return_station_id != self.pickup_station_id

    @property
    def is_not_as_agreed(self) -> bool:
        """Whether we could not give what was agreed: another model, or not the plate that was chosen.

        Its renter may cancel free of charge until the keys are given. Reads the quote and the vehicle.
        """
        quote, vehicle = self.quote, self.allocation.vehicle
        return vehicle.model_id != quote.model_id or quote.vehicle_id not in {None, vehicle.pk}

    @property
    def is_hold_over(self) -> bool:
        """Whether the hold has run out, also when no sweeper has noticed yet. Reads the allocation."""
        expires_at = self.allocation.hold_expires_at
        return self.state == BookingState.HELD and expires_at is not None and expires_at <= clock.now()

    @property
    def shown_state(self) -> str:
        """The state as people must see it: a hold that ran out is out even when no beat runs."""
        return BookingState.EXPIRED if self.is_hold_over else self.state

    @property
    def shown_state_label(self) -> str:
        return str(BookingState(self.shown_state).label)
