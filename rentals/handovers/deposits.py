"""How the deposit of a booking stands, as the counter and the renter are told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payments.intents.enums import DepositState, HoldState
from payments.intents.models import Deposit, DepositHold
from payments.intents.selectors import deposit_of, open_holds_of
from rentals.bookings.models import Booking
from voltgo.core.money import Dong


class Standing(StrEnum):
    """What the counter has to know about a deposit at pickup."""

    NOT_ASKED = "not_asked"
    WAIVED = "waived"
    # Lies with us as money.
    HELD = "held"
    # Held on the card, not taken.
    ON_CARD = "on_card"
    # Will be held on the card that the renter left for it.
    PLANNED = "planned"
    # The provider is being asked.
    ASKED = "asked"
    # The bank declined it.
    DECLINED = "declined"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class DepositStanding:
    """The standing of one deposit, in dong: what is wanted, what is there, and how."""

    standing: Standing
    wanted: Dong
    money: Dong = 0
    on_card: Dong = 0
    card: str = ""
    place_at: datetime | None = None
    retained: Dong = 0

    @property
    def missing(self) -> Dong:
        """What has to come, or be waived, before the keys are given."""
        if self.standing is Standing.WAIVED:
            return 0
        return max(0, self.wanted - self.money - self.on_card)

    @property
    def may_place(self) -> bool:
        """Whether there is a card on which it could be held now."""
        return self.standing in {Standing.PLANNED, Standing.DECLINED} and bool(self.card)

    @property
    def may_waive(self) -> bool:
        return bool(self.missing) and not (self.money or self.on_card)


def standing_of(booking: Booking) -> DepositStanding:
    """Return how the deposit of a booking stands. One query, two where a card is concerned."""
    return standing_with(booking, deposit_of(booking.reference))


def standing_with(booking: Booking, deposit: Deposit | None) -> DepositStanding:
    """Return the same from a deposit that was read before."""
    wanted = booking.quote.deposit_amount
    if deposit is None or not wanted:
        return DepositStanding(Standing.NOT_ASKED if not wanted else Standing.MISSING, wanted)
    if deposit.state == DepositState.WAIVED:
        return DepositStanding(Standing.WAIVED, wanted)
    held = deposit.state != DepositState.DUE
    money, on_card = (deposit.money, deposit.on_hold) if held else (0, 0)
    is_plain = not on_card and money >= wanted
    hold = None if is_plain else open_holds_of(booking.reference).first()
    return DepositStanding(
        standing=_standing(wanted, money, on_card, hold),
        wanted=wanted,
        money=money,
        on_card=on_card,
        card=hold.instrument.label if hold and hold.instrument else "",
        place_at=hold.place_at if hold and hold.state == HoldState.PLANNED else None,
        retained=deposit.retained,
    )


_OF_HOLD = {
    HoldState.PLANNED: Standing.PLANNED,
    HoldState.REQUESTED: Standing.ASKED,
    HoldState.FAILED: Standing.DECLINED,
}


def _standing(wanted: Dong, money: Dong, on_card: Dong, hold: DepositHold | None) -> Standing:
    if money + on_card >= wanted:
        return Standing.ON_CARD if on_card else Standing.HELD
    return _OF_HOLD.get(HoldState(hold.state), Standing.MISSING) if hold else Standing.MISSING
