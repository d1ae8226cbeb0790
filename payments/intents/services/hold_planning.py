"""Planning to hold a deposit on a card that the payer agreed to keep."""

from datetime import datetime, timedelta

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways.base import Instrument
from payments.intents import targets
from payments.intents.enums import HOLD
from payments.intents.models import Deposit, DepositHold, PaymentAttempt, PaymentIntent, SavedInstrument
from payments.intents.services.deposit_requests import NeedReason, request_deposit
from payments.intents.services.hold_jobs import promise_place
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM
from voltgo.core.codes import new_code

# A hold is placed no earlier than this before it is needed: providers keep one only for days.
PLACED_BEFORE = timedelta(hours=24)


def plan_hold(
    *, intent: PaymentIntent, attempt: PaymentAttempt, instrument: Instrument | None, paid_at: datetime
) -> DepositHold | None:
    """Write down that the deposit will be held on the card that the payer agreed to keep.

    It is placed 24 hours before the deposit is needed, at once if that is past. Without a card the deposit stays
    due: the payer is asked for it, and a case says so. The caller holds the locks; runs in the transaction that
    books the success.
    """
    amount = attempt.hold_amount
    deposit = deposit_of(intent, amount)
    if instrument is None:
        cases.open_case(
            kind=CaseKind.HOLD_LOST,
            key=f"no-card:{attempt.merchant_ref}",
            reference=intent.reference,
            amount=amount,
            details={"provider": attempt.provider},
        )
        request_deposit(
            reference=intent.reference, payer=intent.payer, amount=amount, by=SYSTEM, why=NeedReason.NO_CARD
        )
        return None
    kept = keep_instrument(intent, attempt.provider, instrument)
    return plan(deposit=deposit, intent=intent, instrument=kept, amount=amount)


def plan(
    *,
    deposit: Deposit,
    intent: PaymentIntent,
    instrument: SavedInstrument,
    amount: int,
    replaces: DepositHold | None = None,
) -> DepositHold:
    """Write a planned hold, and promise to place it when its time has come. The caller holds the locks."""
    now = clock.now()
    place_at = now if replaces else _place_at(deposit.reference, now)
    hold = DepositHold.objects.create(
        deposit=deposit,
        intent=intent,
        provider=instrument.provider,
        instrument=instrument,
        replaces=replaces,
        merchant_ref=new_code(clock.local(now).strftime("%y%m%d"), 9),
        amount=amount,
        place_at=place_at,
        next_check_at=place_at + timedelta(minutes=1),
    )
    states.begin(HOLD, hold, by=SYSTEM)
    if place_at <= now:
        promise_place(hold)
    return hold


def _place_at(reference: str, now: datetime) -> datetime:
    window = targets.window_for(reference)
    return max(now, window[0] - PLACED_BEFORE) if window else now


def keep_instrument(intent: PaymentIntent, provider: str, instrument: Instrument) -> SavedInstrument:
    """Remember the names that a provider has for a payer's card."""
    row, _ = SavedInstrument.objects.get_or_create(
        payer=intent.payer,
        provider=provider,
        method_ref=instrument.method_ref,
        defaults={"customer_ref": instrument.customer_ref, "label": instrument.label[:60]},
    )
    return row


def deposit_of(intent: PaymentIntent, amount: int) -> Deposit:
    """Return the deposit that an intent asks for, due if it is new."""
    return Deposit.objects.get_or_create(
        reference=intent.reference, defaults={"payer": intent.payer, "amount": amount}
    )[0]
