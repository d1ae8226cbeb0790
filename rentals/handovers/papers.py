"""Whose papers the counter of a station may look at, and who there decides about them.

A member of staff deals with people who have business here today: a booking that begins or runs here, as its renter
or as an additional driver, or a walk-in whom they have looked up. Supervisors also decide about such papers. The
queue of everybody's papers is open to supervisors who hold the reviewers' right as well.
"""

from collections.abc import Collection

from django.db.models import Q
from django.http import Http404, HttpRequest

from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.drivers.enums import DriverState
from rentals.drivers.models import AdditionalDriver
from rentals.handovers.desk import Desk
from stations.network.models import StaffPost, Station
from voltgo.core import clock

# Whom this session has found: a renter's page opens only to who looked them up.
FOUND = "walk_in_found"
REVIEW = "accounts.review_identitydocument"
HERE_TODAY = (BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED)


def people_here_today(station: Station) -> set[int]:
    """Return whose papers are this station's business today, by primary key. Two queries."""
    _start, end = clock.day_bounds(clock.today())
    bookings = Booking.objects.filter(
        pickup_station=station, state__in=HERE_TODAY, starts_at__lt=end, ends_at__gt=clock.now()
    )
    drivers = AdditionalDriver.objects.filter(
        booking__in=bookings, state=DriverState.ACCEPTED, user__isnull=False
    )
    return {
        *bookings.values_list("renter_id", flat=True),
        *drivers.values_list("user_id", flat=True),
    }


def is_here_today(booking: Booking, station: Station) -> bool:
    """Say whether a booking makes its renter's papers this station's business today."""
    _start, end = clock.day_bounds(clock.today())
    return (
        booking.pickup_station_id == station.pk
        and booking.state in HERE_TODAY
        and booking.starts_at < end
        and booking.ends_at > clock.now()
    )


def people_at(request: HttpRequest, desk: Desk) -> set[int]:
    """Return whose papers this member of staff may see now: who has business here, and whom they looked up."""
    found = request.session.get(FOUND, [])
    looked_up = User.objects.filter(public_id__in=found, is_active=True).values_list("pk", flat=True)
    return people_here_today(desk.station) | (set(looked_up) if found else set())


def renter_at(request: HttpRequest, desk: Desk, public_id: str) -> User:
    """Return a person with business here; 404 for anybody else, and for oneself."""
    renter = User.objects.filter(public_id=public_id, is_active=True).first()
    if renter is None or renter.pk == desk.user.pk or renter.pk not in people_at(request, desk):
        raise Http404
    return renter


def may_decide(desk: Desk) -> bool:
    """Whether somebody decides about papers here, not only shows and photographs them."""
    return desk.post.role == StaffPost.Role.SUPERVISOR


def sees_whole_queue(desk: Desk) -> bool:
    """Whether somebody reviews papers of people anywhere."""
    return may_decide(desk) and desk.user.has_perm(REVIEW)


def owners_for(request: HttpRequest, desk: Desk) -> Collection[int] | None:
    """Return about whose papers somebody may decide here; None for everybody's."""
    return None if sees_whole_queue(desk) else people_at(request, desk)


def document_at(
    request: HttpRequest, desk: Desk, document_id: int, *, is_owner_here: bool = False
) -> IdentityDocument:
    """Return a paper that this person may see here; 404 for any other, and for their own.

    With `is_owner_here` only papers of people with business here, whatever else they may see.
    """
    mine = Q(pk=document_id) & ~Q(user=desk.user)
    document = IdentityDocument.objects.select_related("user").filter(mine).first()
    if document is None:
        raise Http404
    if (is_owner_here or not sees_whole_queue(desk)) and document.user_id not in people_at(request, desk):
        raise Http404
    return document
