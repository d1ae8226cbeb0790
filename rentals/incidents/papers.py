"""What rentals still need a person's papers for; lent to accounts, which stand left and cannot look here."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.kyc import needs
from accounts.kyc.needs import Need
from accounts.users.models import User
from rentals.bookings.enums import OPEN_STATES
from rentals.bookings.models import Booking
from rentals.drivers.enums import DriverState
from rentals.drivers.models import AdditionalDriver
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.enums import OPEN_INCIDENT_STATES
from rentals.incidents.models import Incident

ENDED_RENTALS = (RentalState.CLOSED, RentalState.ABORTED)


def needs_of_renter(user: User) -> Iterator[Need]:
    """Yield what keeps somebody's papers: an open booking, a rental that is not settled, a dispute, an incident."""
    own = Rental.objects.filter(renter=user)
    if Booking.objects.filter(renter=user, state__in=OPEN_STATES).exists():
        yield Need("booking", _("Bạn còn lượt đặt xe chưa nhận. Hãy hủy hoặc hoàn tất lượt đặt trước."))
    if own.filter(state=RentalState.DISPUTED).exists():
        yield Need("dispute", _("Một khiếu nại của bạn đang được giải quyết."))
    elif own.exclude(state__in=ENDED_RENTALS).exists():
        yield Need("rental", _("Chuyến thuê của bạn chưa quyết toán xong."))
    if Incident.objects.filter(rental__renter=user, state__in=OPEN_INCIDENT_STATES).exists():
        yield Need("incident", _("Một sự cố trong chuyến thuê của bạn đang được xử lý."))
    if _drives_along(user).exists():
        yield Need("driver", _("Bạn là người lái thêm của một chuyến chưa xong."))


def last_rental_of(user: User) -> datetime | None:
    """Return when somebody's last rental was over, as a renter or as an additional driver."""
    driven = AdditionalDriver.objects.filter(user=user, state=DriverState.ACCEPTED).values("booking")
    rentals = Rental.objects.filter(Q(renter=user) | Q(booking__in=driven), state__in=ENDED_RENTALS)
    last: datetime | None = rentals.aggregate(last=Max("closed_at"))["last"]
    return last


def connect() -> None:
    """Lend the readers to accounts; called once when the app is ready."""
    needs.register("rentals", needs=needs_of_renter, last_use=last_rental_of)


def _drives_along(user: User) -> QuerySet[AdditionalDriver]:
    is_open = Q(booking__state__in=OPEN_STATES) | (
        Q(booking__rental__isnull=False) & ~Q(booking__rental__state__in=ENDED_RENTALS)
    )
    return AdditionalDriver.objects.filter(is_open, user=user, state=DriverState.ACCEPTED)
