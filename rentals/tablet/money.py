"""The money of many bookings at once: what lacks, what a deposit holds, what cash could pay. Few queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from payments.cash.services.takings import to_take
from payments.intents.enums import HOLD_OPEN_STATES, OPEN_STATES, HoldState
from payments.intents.models import Deposit, DepositHold, PaymentIntent
from payments.ledger import chart
from payments.ledger.models import LedgerAccount
from rentals.bookings.models import Booking
from rentals.handovers.deposits import DepositStanding, standing_from
from voltgo.core import clock
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class Monies:
    """The money of some bookings, by reference, and the debts of people, by account name."""

    balances: Mapping[str, Dong] = field(default_factory=dict)
    deposits: Mapping[str, Deposit] = field(default_factory=dict)
    holds: Mapping[str, DepositHold] = field(default_factory=dict)
    intents: Mapping[str, PaymentIntent] = field(default_factory=dict)

    def debt_of(self, public_id: str) -> Dong:
        return self.balances.get(chart.receivable(public_id).code, 0)

    def standing(self, booking: Booking) -> DepositStanding:
        """Return how a deposit stands, as handovers.deposits.standing_of does."""
        return standing_from(booking, self.deposits.get(booking.reference), self.holds.get(booking.reference))

    def missing(self, booking: Booking) -> Dong:
        """Return what of rent and deposit lacks, as handovers.services.pickup.missing_money does."""
        prepaid = self.balances.get(chart.customer_prepaid(booking.reference).code, 0)
        return max(0, booking.quote.total_amount - prepaid) + self.standing(booking).missing

    def deposit_left(self, reference: str) -> Dong:
        """Return what of a deposit there is to take from."""
        deposit = self.deposits.get(reference)
        return deposit.remaining if deposit else 0

    def cash_due(self, reference: str) -> Dong:
        """Return what the oldest open request to pay could be paid with in cash now; 0 if there is none."""
        intent = self.intents.get(reference)
        return to_take(intent) if intent else 0


def money_of_all(references: Iterable[str], people: Iterable[str]) -> Monies:
    """Load the money of bookings and the debts of people (public ids). Four queries."""
    wanted = list(references)
    accounts = [chart.customer_prepaid(reference).code for reference in wanted]
    accounts += [chart.receivable(public_id).code for public_id in people]
    holds = DepositHold.objects.filter(
        deposit__reference__in=wanted, state__in=[*HOLD_OPEN_STATES, HoldState.FAILED]
    ).select_related("instrument", "deposit")
    intents = PaymentIntent.objects.filter(
        reference__in=wanted, state__in=OPEN_STATES, expires_at__gt=clock.now()
    )
    return Monies(
        balances=dict(LedgerAccount.objects.filter(code__in=accounts).values_list("code", "balance")),
        deposits={row.reference: row for row in Deposit.objects.filter(reference__in=wanted)},
        # Of several the newest, and the oldest request: what comes last stays.
        holds={row.deposit.reference: row for row in holds.order_by("pk")},
        intents={row.reference: row for row in intents.order_by("-created_at")},
    )
