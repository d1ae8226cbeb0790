"""Choices and the state machine of bookings. Payment is not a state here."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, MACHINES, Machine


class BookingState(models.TextChoices):
    HELD = "held", _("đang giữ chỗ")
    CONFIRMED = "confirmed", _("đã xác nhận")
    ARRIVED = "arrived", _("đã đến trạm")
    FULFILLED = "fulfilled", _("đã nhận xe")
    EXPIRED = "expired", _("hết hạn giữ chỗ")
    CANCELLED = "cancelled", _("đã hủy")
    NO_SHOW = "no_show", _("không đến")
    REJECTED = "rejected", _("bị từ chối")


class Channel(models.TextChoices):
    WEB = "web", _("trang web")
    API = "api", _("ứng dụng")
    COUNTER = "counter", _("tại quầy")
    WAITLIST = "waitlist", _("danh sách chờ")


class CancelReason(models.TextChoices):
    RENTER = "renter", _("người thuê hủy")
    OPERATOR = "operator", _("VoltGo hủy")
    VEHICLE_UNFIT = "vehicle_unfit", _("xe không đạt")
    NOT_ELIGIBLE = "not_eligible", _("người thuê không đủ điều kiện")
    VEHICLE_TAKEN = "vehicle_taken", _("thanh toán muộn, xe đã có người khác")


# Bookings whose vehicle is promised and not yet handed over.
OPEN_STATES = (BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED)

BOOKING = Machine(
    name="booking",
    initial=BookingState.HELD,
    table={
        # The money event confirms; staff confirm when paid in cash.
        (BookingState.HELD, BookingState.CONFIRMED): MACHINES | COUNTER,
        (BookingState.HELD, BookingState.EXPIRED): MACHINES,
        (BookingState.HELD, BookingState.CANCELLED): COUNTER | {ActorKind.RENTER, ActorKind.SYSTEM},
        # Late money, when the vehicle can still be given.
        (BookingState.EXPIRED, BookingState.CONFIRMED): MACHINES,
        (BookingState.CONFIRMED, BookingState.ARRIVED): COUNTER,
        (BookingState.CONFIRMED, BookingState.CANCELLED): COUNTER | {ActorKind.RENTER, ActorKind.SYSTEM},
        # The system only proposes it; a person has looked around and called.
        (BookingState.CONFIRMED, BookingState.NO_SHOW): COUNTER,
        (BookingState.ARRIVED, BookingState.FULFILLED): COUNTER,
        (BookingState.ARRIVED, BookingState.CANCELLED): COUNTER,
    },
)
