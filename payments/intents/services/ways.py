"""Which way an approved refund goes: to the provider, into credit, by a transfer, or over the counter."""

import secrets
from datetime import timedelta

from django.conf import settings

from payments.gateways import registry
from payments.intents.enums import REFUND, Provider, RefundState, RefundWay
from payments.intents.errors import CashNotPossible
from payments.intents.models import Payment, Refund
from payments.intents.services import payees, telling
from payments.intents.services.settled import promise_submission, settle
from payments.ledger import chart
from payments.ledger.enums import EntryKind
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.codes import ALPHABET
from voltgo.core.money import Dong

# Without spaces and signs: every bank keeps it as it is.
MEMO_PREFIX = "VGH"
MEMO_LENGTH = 8


def new_memo() -> str:
    """Return the words by which an outgoing transfer is found again on a statement."""
    return MEMO_PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(MEMO_LENGTH))


def way_of(payment: Payment, amount: Dong, chosen: str) -> RefundWay:
    """Return the way that an amount can really go back.

    Raises:
        CashNotPossible: cash was chosen for money that was not paid in cash.
    """
    if chosen == RefundWay.CASH and payment.provider != Provider.CASH:
        raise CashNotPossible(provider=payment.provider)
    if chosen == RefundWay.CREDIT or payment.provider == Provider.CREDIT:
        return RefundWay.CREDIT
    if chosen == RefundWay.TRANSFER:
        return RefundWay.TRANSFER
    if payment.provider == Provider.CASH:
        return RefundWay.CASH
    return RefundWay.ORIGINAL if _provider_can(payment, amount) else RefundWay.TRANSFER


def _provider_can(payment: Payment, amount: Dong) -> bool:
    if not registry.has(payment.provider):
        return False
    able = registry.capabilities_of(payment.provider)
    if not able.refund or (amount != payment.amount and not able.partial_refund):
        return False
    oldest = clock.now() - timedelta(days=settings.REFUND_WITHIN_DAYS)
    return payment.paid_at >= oldest


def send_off(row: Refund) -> None:
    """Set an approved refund going. The caller holds the reference and the row.

    What is to become credit is credited here; what a person must pay waits for them.
    """
    match row.way:
        case RefundWay.CREDIT:
            credit(row, by=SYSTEM)
        case RefundWay.TRANSFER | RefundWay.CASH:
            wait_for_a_person(row, by=SYSTEM)
        case _:
            promise_submission(row)


def credit(row: Refund, *, by: Actor) -> None:
    """Turn a refund into credit of its payer, at once."""
    owner = chart.user_credit(row.intent.payer.public_id)
    settle(row, source=owner, by=by, kind=EntryKind.CREDIT_GIVEN, way=RefundWay.CREDIT)


def wait_for_a_person(row: Refund, *, by: Actor, reason: str = "") -> None:
    """Let a refund wait for finance or for the counter; a transfer goes to where it came from, if that is known."""
    states.move(
        REFUND,
        row,
        to=RefundState.BY_HAND,
        by=by,
        reason=reason,
        way=row.way,
        memo=row.memo or new_memo(),
        payee=row.payee or payees.of_sender(row.payment.sender),
        next_poll_at=None,
    )
    if row.way == RefundWay.TRANSFER and not row.payee:
        telling.account_needed(row)
