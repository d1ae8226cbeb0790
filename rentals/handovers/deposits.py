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
    hold = open_holds_of(booking.reference).first() if _asks_for_hold(booking, deposit) else None
    return standing_from(booking, deposit, hold)


def standing_from(booking: Booking, deposit: Deposit | None, hold: DepositHold | None) -> DepositStanding:
    """Return the same from a deposit and the newest hold that counts, both read before. No query."""
    wanted = booking.quote.deposit_amount
    if deposit is None or not wanted:
        return DepositStanding(Standing.NOT_ASKED if not wanted else Standing.MISSING, wanted)
    if deposit.state == DepositState.WAIVED:
        return DepositStanding(Standing.WAIVED, wanted)
    money, on_card = _lies_with_us(deposit)
    if not _asks_for_hold(booking, deposit):
        hold = None
    return DepositStanding(
        standing=_standing(wanted, money, on_card, hold),
        wanted=wanted,
        money=money,
        on_card=on_card,
        card=hold.instrument.label if hold and hold.instrument else "",
        place_at=hold.place_at if hold and hold.state == HoldState.PLANNED else None,
        retained=deposit.retained,
    )


def _lies_with_us(deposit: Deposit) -> tuple[Dong, Dong]:
    """Return what is there as money, and what a card holds."""
    return (deposit.money, deposit.on_hold) if deposit.state != DepositState.DUE else (0, 0)


def _asks_for_hold(booking: Booking, deposit: Deposit | None) -> bool:
    """Say whether a hold on a card has anything to say about this deposit."""
    if deposit is None or not booking.quote.deposit_amount or deposit.state == DepositState.WAIVED:
        return False
    money, on_card = _lies_with_us(deposit)
    return bool(on_card) or money < booking.quote.deposit_amount


_OF_HOLD = {
    HoldState.PLANNED: Standing.PLANNED,
    HoldState.REQUESTED: Standing.ASKED,
    HoldState.FAILED: Standing.DECLINED,
}


def _standing(wanted: Dong, money: Dong, on_card: Dong, hold: DepositHold | None) -> Standing:
    if money + on_card >= wanted:
        return Standing.ON_CARD if on_card else Standing.HELD
    return _OF_HOLD.get(HoldState(hold.state), Standing.MISSING) if hold else Standing.MISSING
