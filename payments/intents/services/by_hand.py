"""Refunds that people pay: transfers by finance, in batches and by two, and cash over the counter."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from payments.intents.enums import CREDIT_PAYOUT, CreditPayoutState, Provider, RefundState, RefundWay
from payments.intents.errors import AlreadyReturned, CashNotPossible, InABatch
from payments.intents.locking import lock_reference
from payments.intents.models import CreditPayout, Refund
from payments.intents.services import payees, ways
from payments.intents.services.settled import settle
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, InvalidInput


@transaction.atomic
def settle_by_hand(
    *, refund: Refund | CreditPayout, bank_ref: str, at: datetime | None, by: Actor
) -> Refund | CreditPayout:
    """Book that a transfer by hand has left our bank account, as a line of its statement tells.

    Locks the owner of the reference, its intents, the refund, then ledger accounts. Safe to call twice with
    one `bank_ref`.

    Raises:
        AlreadyReturned: the money went back already, by another transfer or another way.
        IllegalTransition: it does not wait for a transfer.
        InvalidInput: the bank's reference is missing.
    """
    bank_ref = bank_ref.strip()
    if not bank_ref:
        raise InvalidInput(bank_ref=bank_ref)
    if isinstance(refund, CreditPayout):
        return _settle_payout(refund, bank_ref[:80], at, by)
    locked = lock_refund(refund)
    bank_ref = bank_ref[:64]
    if locked.state == RefundState.SUCCEEDED:
        if (locked.way, locked.provider_ref) == (RefundWay.TRANSFER, bank_ref):
            return locked
        raise AlreadyReturned(refund=str(locked.pk))
    if (locked.state, locked.way) != (RefundState.BY_HAND, RefundWay.TRANSFER):
        raise IllegalTransition(machine="refund", source=locked.state, way=locked.way)
    settle(locked, source=chart.BANK, by=by, at=at, reason=f"bank {bank_ref}", provider_ref=bank_ref)
    audit.record("refund.transferred", f"refund:{locked.pk}", by=by, amount=locked.amount, bank_ref=bank_ref)
    return locked


def _settle_payout(payout: CreditPayout, bank_ref: str, at: datetime | None, by: Actor) -> CreditPayout:
    locked = locks.lock_row(payout)
    if locked.state == CreditPayoutState.PAID:
        if locked.bank_ref == bank_ref:
            return locked
        raise AlreadyReturned(payout=str(locked.pk))
    entry = ledger.post(
        kind=EntryKind.REFUND_SETTLED,
        key=f"credit-payout:{locked.pk}:paid",
        reference=f"user:{locked.owner.public_id}",
        lines=[(chart.refund_clearing(Provider.CREDIT), locked.amount), (chart.BANK, -locked.amount)],
        occurred_at=at,
        by=by,
    )
    states.move(
        CREDIT_PAYOUT,
        locked,
        to=CreditPayoutState.PAID,
        by=by,
        reason=f"bank {bank_ref}",
        bank_ref=bank_ref,
        paid_at=entry.occurred_at,
    )
    audit.record(
        "credit_payout.transferred", f"payout:{locked.pk}", by=by, amount=locked.amount, bank_ref=bank_ref
    )
    return locked


@transaction.atomic
def pay_out_cash(*, refund: Refund, drawer: str, by: Actor) -> Refund:
    """Book that a refund was paid in notes out of a drawer, named by its code.

    Locks as `settle_by_hand` does. Safe to call twice for one drawer. The caller keeps the drawer's session
    and its movement, in the same transaction.

    Raises:
        CashNotPossible: the money was not paid in cash, or goes another way.
        AlreadyReturned: it went back already.
        AccountOverdrawn: there is less in the drawer.
    """
    locked = lock_refund(refund)
    if locked.payment.provider != Provider.CASH:
        raise CashNotPossible(provider=locked.payment.provider)
    if locked.state == RefundState.SUCCEEDED:
        if (locked.way, locked.account_ref) == (RefundWay.CASH, drawer):
            return locked
        raise AlreadyReturned(refund=str(locked.pk))
    if (locked.state, locked.way) != (RefundState.BY_HAND, RefundWay.CASH):
        raise CashNotPossible(state=locked.state, way=locked.way)
    settle(
        locked,
        source=chart.received_through(Provider.CASH, drawer),
        by=by,
        reason=f"drawer {drawer}",
        account_ref=drawer,
    )
    audit.record("refund.paid_in_cash", f"refund:{locked.pk}", by=by, amount=locked.amount, drawer=drawer)
    return locked


def lock_refund(refund: Refund) -> Refund:
    """Lock a refund's reference and row; return it fresh, with its payment and payer."""
    lock_reference(refund.reference)
    locks.lock_row(refund)
    return Refund.objects.select_related("payment", "intent__payer").get(pk=refund.pk)


def cash_to_pay_out(reference: str = "") -> QuerySet[Refund]:
    """Return the refunds that wait at the counter, of one reference or of all, oldest first."""
    waiting = Refund.objects.filter(state=RefundState.BY_HAND, way=RefundWay.CASH).order_by("created_at")
    return waiting.filter(reference=reference) if reference else waiting


def find_by_memo(memo: str) -> Refund | CreditPayout | None:
    """Return what an outgoing transfer with this memo pays, whatever its state; None if it names nothing."""
    refund = Refund.objects.filter(memo=memo).exclude(memo="").first()
    return refund or CreditPayout.objects.filter(memo=memo).first()


@transaction.atomic
def name_payee(*, refund: Refund, bank: str, number: str, name: str, by: Actor) -> Refund:
    """Say to which bank account a refund goes; one that waits in cash goes by transfer from then on.

    Raises:
        PayeeInvalid: that is no bank account.
        InABatch: the transfer was handed to the bank already.
        IllegalTransition: it does not wait for a person.
    """
    payee = payees.seal(bank=bank, number=number, name=name)
    locked = lock_refund(refund)
    require_unbatched(locked)
    if locked.state != RefundState.BY_HAND:
        raise IllegalTransition(machine="refund", source=locked.state)
    Refund.objects.filter(pk=locked.pk).update(payee=payee, way=RefundWay.TRANSFER)
    audit.record("refund.payee_named", f"refund:{locked.pk}", by=by, tail=payee["tail"])
    locked.payee, locked.way = payee, RefundWay.TRANSFER
    return locked


@transaction.atomic
def transfer_instead(*, refund: Refund, by: Actor, reason: str) -> Refund:
    """Let finance transfer what the provider has clearly refused to return.

    Raises:
        IllegalTransition: the provider has not refused it.
        NotAllowed: only an operator decides that.
    """
    locked = lock_refund(refund)
    if locked.state != RefundState.FAILED:
        raise IllegalTransition(machine="refund", source=locked.state)
    locked.way = RefundWay.TRANSFER
    ways.wait_for_a_person(locked, by=by, reason=reason)
    audit.record("refund.by_hand", f"refund:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    refund.state, refund.way = locked.state, locked.way
    return locked


def require_unbatched(row: Refund | CreditPayout) -> None:
    """Refuse to change what the bank may be transferring at this moment."""
    if row.batch_id is not None:
        raise InABatch(batch=row.batch_id)
