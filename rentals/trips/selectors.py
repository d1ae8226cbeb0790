"""A renter's bookings: what is ahead or under way, what is over, and everything about one of them."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.users.models import User
from payments.intents.enums import OPEN_STATES
from payments.intents.models import PaymentIntent, Refund
from payments.intents.selectors import MoneySummary, intents_of, money_of, refunds_of
from payments.invoices.buyers import wanted_name
from payments.invoices.enums import ReceiptKind
from payments.invoices.models import Receipt
from payments.invoices.selectors import receipts_for
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking
from rentals.changes.models import BookingChange
from rentals.changes.selectors import applied_changes
from rentals.contracts.enums import ContractState
from rentals.contracts.models import Contract
from rentals.contracts.selectors import current_contract
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.models import Rental, Settlement
from voltgo.core import clock, states
from voltgo.core.models import StateEvent

# The vehicle is out, or what it came to is not settled.
UNDER_WAY = (RentalState.ACTIVE, RentalState.RETURNED, RentalState.SETTLING, RentalState.DISPUTED)


def bookings_of(renter: User) -> QuerySet[Booking]:
    """Return everything a renter ever booked, with what a list shows of it; one query however long."""
    return Booking.objects.filter(renter=renter).select_related(
        "model", "quote", "pickup_station", "return_station", "allocation__vehicle", "rental__vehicle"
    )


def _is_current() -> Q:
    """Holds that run, promised vehicles, rentals under way. A hold that ran out is over, swept or not."""
    return (
        Q(state=BookingState.HELD, allocation__hold_expires_at__gt=clock.now())
        | Q(state__in=[BookingState.CONFIRMED, BookingState.ARRIVED])
        | Q(state=BookingState.FULFILLED, rental__state__in=UNDER_WAY)
    )


def current_bookings(renter: User) -> QuerySet[Booking]:
    """Return what a renter has to think of, the next first."""
    return bookings_of(renter).filter(_is_current()).order_by("starts_at", "pk")


def past_bookings(renter: User) -> QuerySet[Booking]:
    """Return what is over, the latest first."""
    current = Booking.objects.filter(_is_current(), renter=renter).values("pk")
    return bookings_of(renter).exclude(pk__in=current).order_by("-starts_at", "-pk")


@dataclass(frozen=True, slots=True)
class Trip:
    """One booking with everything that hangs on it."""

    booking: Booking
    rental: Rental | None
    settlement: Settlement | None
    contract: Contract | None
    # Of the rental, of kept fees, of debts paid; slips too.
    receipts: list[Receipt]
    # Who stands on the invoice, as the renter wants it; empty if they have not said.
    buyer_name: str
    intents: list[PaymentIntent]
    money: MoneySummary
    refunds: list[Refund]
    events: list[StateEvent]
    # What was changed or extended, in that order.
    changes: list[BookingChange]

    @property
    def takes_buyer(self) -> bool:
        """Whether the renter may still say who stands on the invoice: until the rental is closed."""
        return takes_buyer(self.booking, self.rental)

    @property
    def receipt(self) -> Receipt | None:
        """The receipt that closed the rental."""
        return next((row for row in self.receipts if row.kind == ReceiptKind.RENTAL), None)

    @property
    def intent(self) -> PaymentIntent | None:
        """What is still to be paid, else what was asked for last."""
        still_open = [intent for intent in self.intents if intent.state in OPEN_STATES]
        candidates = still_open or self.intents
        return candidates[-1] if candidates else None

    @property
    def has_file(self) -> bool:
        """Whether the contract can be opened."""
        return self.contract is not None and self.contract.state in {
            ContractState.RENDERED,
            ContractState.SIGNED,
        }


def takes_buyer(booking: Booking, rental: Rental | None) -> bool:
    """Say whether the receipt that freezes the buyer is still to come."""
    if booking.state == BookingState.FULFILLED:
        return rental is not None and rental.state in {*UNDER_WAY, RentalState.READY_TO_SIGN}
    return booking.state in {BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED}


def trip_of(booking: Booking) -> Trip:
    """Gather one booking with its rental, papers and money; at most seventeen queries."""
    rental = getattr(booking, "rental", None)
    settlement = (
        Settlement.objects.filter(rental=rental).prefetch_related("lines").first() if rental else None
    )
    events = list(states.events_of(BOOKING, booking))
    if rental is not None:
        events += states.events_of(RENTAL, rental)
    return Trip(
        booking=booking,
        rental=rental,
        settlement=settlement,
        contract=current_contract(booking),
        receipts=list(receipts_for(booking.reference)),
        buyer_name=wanted_name(user=booking.renter, reference=booking.reference),
        intents=list(intents_of(booking.reference)),
        money=money_of(booking.reference),
        refunds=list(refunds_of(booking.reference)),
        events=sorted(events, key=lambda event: (event.at, event.pk)),
        changes=list(applied_changes(booking)),
    )
