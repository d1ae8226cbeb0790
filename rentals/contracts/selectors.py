"""Reads of contracts: which version counts, and who may see it."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.enums import ContractState
from rentals.contracts.models import Contract
from stations.network.access import posts_of
from voltgo.core.models import OutboxMessage

# Numbers are masked in the admin's lists but not in the documents: this takes more than the right to view rows.
READ_ALL = "rentals.change_contract"


def current_contract(booking: Booking) -> Contract | None:
    """Return the one version of the booking's contract that is not voided."""
    return booking.contracts.exclude(state=ContractState.VOIDED).first()


def readable_by(user: User | AnonymousUser) -> QuerySet[Contract]:
    """Return the contracts whose pages and files a person may open.

    The renter theirs, staff those of the stations where they work now, operators all. A contract shows a
    citizen number in full, so this is the only door to the files.
    """
    contracts = Contract.objects.select_related("booking__renter")
    if not user.is_authenticated or not user.is_active:
        return contracts.none()
    if user.has_perm(READ_ALL):
        return contracts
    stations = posts_of(user).values("station")
    return contracts.filter(
        Q(booking__renter=user)
        | Q(booking__pickup_station__in=stations)
        | Q(booking__return_station__in=stations)
    )


def jobs_of(contract: Contract) -> QuerySet[OutboxMessage]:
    """Return the promised jobs of a contract's documents and of its addenda, oldest first."""
    addenda = [f"addendum:{number}" for number in contract.addenda.values_list("number", flat=True)]
    keys = [f"contract:{contract.booking.code}:{contract.version}", f"contract-signed:{contract.number}"]
    return OutboxMessage.objects.filter(key__in=[*keys, *addenda]).order_by("pk")
