"""Which feed a secret opens, and what stands in it: whole trips of a renter, or a vehicle's plan without names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.users.models import User
from accounts.users.tokens import digest_of
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking
from rentals.calendars.models import CalendarFeed
from rentals.changes.models import BookingChange
from stations.fleet.models import Vehicle
from stations.network.access import works_at
from stations.network.models import Station
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock
from voltgo.core.models import StateEvent

# How long what is over, or was called off, still stands in a calendar.
KEPT_AFTER = timedelta(days=30)
AHEAD = timedelta(days=366)
GOOD = (BookingState.CONFIRMED, BookingState.ARRIVED, BookingState.FULFILLED)
CALLED_OFF = (BookingState.CANCELLED, BookingState.NO_SHOW)
PLANNED = (AllocationState.CONFIRMED, AllocationState.ON_RENTAL, AllocationState.BLOCKED)


@dataclass(frozen=True, slots=True)
class Marks:
    """How often something was changed so far, and when last: SEQUENCE and LAST-MODIFIED."""

    count: int
    at: datetime

    def __or__(self, other: "Marks") -> "Marks":
        return Marks(self.count + other.count, max(self.at, other.at))


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a calendar, in plain values."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    created_at: datetime
    marks: Marks
    station: Station | None = None
    url: str = ""
    is_cancelled: bool = False


def find_feed(secret: str) -> CalendarFeed | None:
    """Return the feed that a secret opens; None when it is unknown, revoked, or its owner may not see it any more."""
    rows = CalendarFeed.objects.select_related("owner", "vehicle__station", "vehicle__model")
    feed = rows.filter(digest=digest_of(secret), revoked_at=None, owner__is_active=True).first()
    if feed is None:
        return None
    if feed.vehicle is not None and not works_at(feed.owner, feed.vehicle.station):
        return None
    return feed


def feed_of(owner: User, vehicle: Vehicle | None = None) -> CalendarFeed | None:
    """Return the feed that somebody has of their trips or of a vehicle."""
    return CalendarFeed.objects.filter(owner=owner, vehicle=vehicle, revoked_at=None).first()


def host() -> str:
    """Return the domain that makes an event's name unique in the world."""
    return settings.SITE_URL.split("//")[-1].split("/")[0].split(":")[0]


def trips_of(renter: User) -> list[Entry]:
    """Return a renter's own trips, the called-off ones for a month. Four queries, however many."""
    since = clock.now() - KEPT_AFTER
    rows = Booking.objects.filter(renter=renter, ends_at__gte=since, starts_at__lte=clock.now() + AHEAD)
    # What was never paid never stood in the calendar.
    rows = rows.filter(Q(state__in=GOOD) | Q(state__in=CALLED_OFF, confirmed_at__isnull=False))
    bookings = list(
        rows.select_related("model", "pickup_station", "return_station", "allocation__vehicle").order_by(
            "starts_at", "pk"
        )
    )
    marks = marks_of(bookings)
    return [_trip(booking, marks[booking.pk]) for booking in bookings]


def _trip(booking: Booking, marks: Marks) -> Entry:
    lines = [
        _("Mã đặt xe: %(code)s") % {"code": booking.code},
        _("Biển số: %(plate)s") % {"plate": booking.allocation.vehicle.plate},
        _("Nhận xe: %(station)s, %(address)s")
        % {"station": booking.pickup_station.name, "address": booking.pickup_station.address},
        _("Trả xe: %(station)s, %(address)s")
        % {"station": booking.return_station.name, "address": booking.return_station.address},
    ]
    return Entry(
        uid=f"{booking.code}@{host()}",
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        summary=f"VoltGo: {booking.model}",
        description="\n".join(lines),
        created_at=booking.created_at,
        marks=marks,
        station=booking.pickup_station,
        url=settings.SITE_URL.rstrip("/") + reverse("rentals:booking-detail", args=[booking.code]),
        is_cancelled=booking.state in CALLED_OFF,
    )


def marks_of(bookings: Iterable[Booking]) -> dict[int, Marks]:
    """Count what has changed about bookings: states, vehicles, applied changes. Three queries."""
    by_subject = {str(booking.pk): booking for booking in bookings}
    by_reference = {booking.reference: booking for booking in by_subject.values()}
    marks = {booking.pk: Marks(0, booking.created_at) for booking in by_subject.values()}
    events = StateEvent.objects.filter(machine=BOOKING.name, subject__in=list(by_subject)).order_by()
    for subject, count, at in events.values_list("subject").annotate(Count("pk"), Max("at")):
        marks[by_subject[subject].pk] |= Marks(count, at)
    claims = VehicleAllocation.objects.filter(claimant__in=list(by_reference)).order_by()
    for claimant, count, at in claims.values_list("claimant").annotate(Count("pk"), Max("created_at")):
        marks[by_reference[claimant].pk] |= Marks(count, at)
    changes = BookingChange.objects.filter(booking__in=list(marks), applied_at__isnull=False).order_by()
    for booking_id, count, at in changes.values_list("booking").annotate(Count("pk"), Max("applied_at")):
        marks[booking_id] |= Marks(count, at)
    return marks


def plan_of(vehicle: Vehicle) -> list[Entry]:
    """Return a vehicle's plan: when it is booked, out, blocked; codes and no names. Five queries, however many."""
    now = clock.now()
    rows = VehicleAllocation.objects.filter(
        vehicle=vehicle, period__endswith__gt=now - KEPT_AFTER, period__startswith__lt=now + AHEAD
    )
    wanted = Q(state__in=PLANNED) | Q(state=AllocationState.RELEASED, kind=AllocationKind.BOOKING)
    claims = list(rows.filter(wanted).order_by("period"))
    codes = [claim.claimant.partition(":")[2] for claim in claims if claim.kind == AllocationKind.BOOKING]
    bookings = {booking.reference: booking for booking in Booking.objects.filter(code__in=codes)}
    marks = marks_of(bookings.values())
    return [entry for claim in claims if (entry := _claim(vehicle, claim, bookings, marks)) is not None]


def _claim(
    vehicle: Vehicle,
    claim: VehicleAllocation,
    bookings: Mapping[str, Booking],
    marks: Mapping[int, Marks],
) -> Entry | None:
    entry = Entry(
        uid=f"claim-{claim.pk}@{host()}",
        starts_at=claim.period.lower,
        ends_at=claim.period.upper,
        summary=f"{vehicle.plate} · {claim.get_kind_display()}",
        description=_("Gồm thời gian chuẩn bị xe sau chuyến."),
        created_at=claim.created_at,
        marks=Marks(1, claim.created_at),
        station=vehicle.station,
    )
    if claim.kind != AllocationKind.BOOKING:
        return replace(entry, description="")
    booking = bookings.get(claim.claimant)
    if booking is None or booking.confirmed_at is None:
        return None
    has_moved = booking.allocation_id != claim.pk
    return replace(
        entry,
        summary=f"{vehicle.plate} · {booking.code}",
        marks=entry.marks | marks[booking.pk],
        is_cancelled=has_moved or booking.state in CALLED_OFF,
    )
