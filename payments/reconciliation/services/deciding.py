"""What people decide: whose money it is that nobody could name, and what to do about a difference."""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind, FactOutcome, LineKind, ProviderFact
from payments.intents import targets
from payments.intents.enums import AttemptOutcome
from payments.intents.errors import SecondPersonNeeded
from payments.intents.models import PaymentAttempt, PaymentIntent
from payments.intents.services import apply_fact
from payments.intents.services.refunds import approval_limit
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from payments.reconciliation.enums import SETTLED_STATUSES, Action, ItemStatus, LineState, Source, Wish
from payments.reconciliation.errors import (
    ActionNotPossible,
    BroughtByTheSame,
    LineIsClosed,
    NothingToDecide,
    TargetUnknown,
)
from payments.reconciliation.models import (
    BankLine,
    ReconciliationItem,
    ReconciliationResolution,
    StatementFile,
)
from payments.reconciliation.services import bank_lines
from payments.reconciliation.services.mending import put_aside, suspense_key, take_back
from payments.reconciliation.services.payouts import batch_of, book_payout
from payments.reconciliation.services.running import case_key, compared
from voltgo.core import clock, locks
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.codes import new_code
from voltgo.core.errors import InvalidInput, NotAllowed


# --- Money in suspense ----------------------------------------------------------------------------
@transaction.atomic
def decide_line(*, line: BankLine, wish: str, target: str, reason: str, by: Actor) -> BankLine:
    """Say what money in suspense is: at once up to the approval limit, above it once a second person agrees.

    `target` is for ASSIGN a booking's code or an intent's id, for PAYOUT `provider first-day last-day`.

    Raises:
        LineIsClosed: it is not in suspense.
        TargetUnknown: nobody is named by `target`.
        InvalidInput: no reason is given.
        NotAllowed: only operators decide.
    """
    _require_operator(by)
    if not reason.strip():
        raise InvalidInput(reason=reason)
    locked = locks.lock_row(line)
    if locked.state != LineState.SUSPENSE:
        raise LineIsClosed(state=locked.state)
    if wish not in Wish:
        raise InvalidInput(wish=wish)
    _check_target(locked, Wish(wish), target)
    locked.wish, locked.wish_target, locked.wish_reason = wish, target.strip()[:120], reason.strip()[:300]
    locked.wished_by_ref, locked.wished_by_label = by.ref, by.label
    locked.save(update_fields=["wish", "wish_target", "wish_reason", "wished_by_ref", "wished_by_label"])
    audit.record(
        "bank_line.decision_asked", f"bankline:{locked.pk}", by=by, reason=reason[:300], wish=wish,
        amount=locked.amount,
    )  # fmt: skip
    if abs(locked.amount) <= approval_limit():
        _carry_out(locked, by)
    return locked


@transaction.atomic
def confirm_line(*, line: BankLine, by: Actor) -> BankLine:
    """Agree to what somebody else wants done with money in suspense, and do it.

    Raises:
        SecondPersonNeeded: it was their own wish.
        LineIsClosed, NotAllowed.
    """
    _require_operator(by)
    locked = _lock_wished(line)
    if locked.wished_by_ref == by.ref:
        raise SecondPersonNeeded(line=locked.pk)
    _carry_out(locked, by)
    return locked


@transaction.atomic
def refuse_line(*, line: BankLine, reason: str, by: Actor) -> BankLine:
    """Disagree: the money stays in suspense until somebody has a better idea."""
    _require_operator(by)
    locked = _lock_wished(line)
    audit.record("bank_line.decision_refused", f"bankline:{locked.pk}", by=by, reason=reason[:300])
    locked.wish = ""
    locked.save(update_fields=["wish"])
    return locked


def _lock_wished(line: BankLine) -> BankLine:
    locked = locks.lock_row(line)
    if locked.state != LineState.SUSPENSE or not locked.wish:
        raise LineIsClosed(state=locked.state)
    return locked


def _require_operator(by: Actor) -> None:
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed


def _check_target(line: BankLine, wish: Wish, target: str) -> None:
    if wish is Wish.ASSIGN:
        intent_of(target)
        if line.amount <= 0:
            raise ActionNotPossible(amount=line.amount)
    if wish is Wish.PAYOUT:
        _batch_wanted(target)


def intent_of(target: str) -> PaymentIntent:
    """Return the newest request for money of a booking's code or reference, or the one with this id.

    Raises:
        TargetUnknown: there is none.
    """
    target = target.strip()
    rows = PaymentIntent.objects.filter(
        reference__in=[target, *targets.references_of(target.upper())]
    ) | PaymentIntent.objects.filter(merchant_ref=target)
    found = rows.order_by("-created_at").first()
    if found is None:
        raise TargetUnknown(target=target)
    return found


def _batch_wanted(target: str) -> tuple[str, date, date]:
    try:
        source, first, last = target.split()
        return Source(source).value, date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise TargetUnknown(target=target) from error


def _carry_out(line: BankLine, by: Actor) -> None:
    wish, state = Wish(line.wish), LineState.BOOKED
    if wish is Wish.SEND_BACK:
        # The money stays in suspense until the statement shows that it left.
        line.state, line.note = LineState.RETURNING, bank_lines.return_memo(line)
        line.wish = ""
        line.save(update_fields=["state", "note", "wish"])
        audit.record("bank_line.goes_back", f"bankline:{line.pk}", by=by, amount=line.amount)
        return
    bank_lines.leave_suspense(line, by=by)
    if wish is Wish.ASSIGN:
        intent = intent_of(line.wish_target)
        booked_as = bank_lines.book_for_intent(line=line, intent=intent, by=by)
    elif wish is Wish.PAYOUT:
        booked_as = book_payout(line=line, batch=batch_of(*_batch_wanted(line.wish_target)), by=by)
    else:
        state, booked_as = LineState.IGNORED, "not_ours"
        ledger.post(
            kind=EntryKind.ADJUSTMENT,
            key=f"bank:{line.pk}:not_ours",
            reference=f"bankline:{line.pk}",
            lines=[(chart.BANK, line.amount), (chart.BANK_OTHER, -line.amount)],
            occurred_at=line.booked_at,
            by=by,
        )
    bank_lines.close(line, booked_as, by=by, state=state)
    audit.record(
        "bank_line.decided", f"bankline:{line.pk}", by=by, reason=line.wish_reason, wish=wish.value,
        booked_as=booked_as,
    )  # fmt: skip


# --- Differences ----------------------------------------------------------------------------------
BOOKABLE = frozenset({ItemStatus.MISSING_INTERNAL, ItemStatus.STATUS_MISMATCH, ItemStatus.UNKNOWN_REF})


def actions_for(item: ReconciliationItem) -> tuple[Action, ...]:
    """Return what can be done about a difference."""
    is_payment = item.line is not None and item.line.kind == LineKind.PAYMENT.value
    fits = {
        Action.IGNORE: True,
        Action.BOOK: is_payment and item.status in BOOKABLE,
        Action.SUSPENSE: item.run.source != Source.BANK and item.difference != 0,
        Action.REFUND: is_payment and item.status == ItemStatus.DUPLICATE_EXTERNAL,
    }
    return tuple(action for action, does_fit in fits.items() if does_fit)


def _require_another_person(item: ReconciliationItem, action: Action, by: Actor) -> None:
    """Above the limit, who brought the file does not decide; without a line, who brought any of its day."""
    if action is Action.IGNORE:
        return
    moved = abs(item.difference)
    if item.line is not None and action is not Action.SUSPENSE:
        moved = max(moved, abs(item.line.amount))
    if moved <= approval_limit():
        return
    if item.line is not None:
        files = StatementFile.objects.filter(pk=item.line.file_id)
    else:
        files = StatementFile.objects.filter(source=item.run.source, day=item.run.day)
    if files.filter(received_ref=by.ref).exclude(received_ref="").exists():
        raise BroughtByTheSame(item=item.key)


@transaction.atomic
def resolve_item(
    *, item: ReconciliationItem, action: str, reason: str, by: Actor, target: str = ""
) -> ReconciliationResolution:
    """Decide about a difference of the current run; the decision holds for later runs that find the same.

    IGNORE only says why. BOOK takes the provider's word: money without a record becomes a payment of
    `target` (a booking's code). SUSPENSE books the difference aside. REFUND gives back what a provider took twice.
    Above the approval limit these three need two people: one brings the file, another one decides. A file from
    the inbox was brought by nobody, so one person is enough.

    Raises:
        NothingToDecide: it is explained, or a newer run has replaced this one.
        ActionNotPossible: this cannot be done about such a difference.
        BroughtByTheSame: the sum is above the limit, and they brought the file themselves.
        TargetUnknown, InvalidInput, NotAllowed.
    """
    _require_operator(by)
    if not reason.strip():
        raise InvalidInput(reason=reason)
    run = item.run
    if not run.is_current or item.status in SETTLED_STATUSES:
        raise NothingToDecide(status=item.status)
    if action not in Action:
        raise InvalidInput(action=action)
    if action not in actions_for(item):
        raise ActionNotPossible(status=item.status)
    _require_another_person(item, Action(action), by)
    _DO[Action(action)](item, target, reason, by)
    resolution, _made = ReconciliationResolution.objects.get_or_create(
        source=run.source,
        key=item.key,
        status=item.status,
        difference=item.difference,
        defaults={
            "action": action, "reason": reason.strip()[:500], "by_ref": by.ref, "by_label": by.label,
        },
    )  # fmt: skip
    case = MoneyCase.objects.filter(
        key=case_key(run.source, run.day, item.key, item.status, item.difference), state=CaseState.OPEN
    ).first()
    if case is not None:
        cases.resolve_case(case=case, resolution=reason, by=by)
    audit.record(
        "reconciliation.resolved", f"recon:{run.source}:{run.day}:{item.key}"[:120], by=by,
        reason=reason[:300], decision=action, difference=item.difference,
    )  # fmt: skip
    return resolution


def _ignore(item: ReconciliationItem, target: str, reason: str, by: Actor) -> None:
    """Nothing to book: the reason is what is kept."""


def _book(item: ReconciliationItem, target: str, reason: str, by: Actor) -> None:
    line = item.line
    if line is None:
        raise ActionNotPossible(status=item.status)
    attempt = PaymentAttempt.objects.filter(
        provider=line.source, merchant_ref=line.merchant_ref, amount=line.amount
    ).first()
    if attempt is None:
        intent = intent_of(target)
        attempt = PaymentAttempt.objects.create(
            intent=intent,
            number=intent.attempts.count() + 1,
            provider=line.source,
            merchant_ref=new_code(clock.local(line.occurred_at).strftime("%y%m%d"), 10),
            amount=line.amount,
            outcome=AttemptOutcome.STARTED,
            provider_created_at=line.occurred_at,
            expires_at=max(intent.expires_at, line.occurred_at),
        )
    result = apply_fact(
        ProviderFact(
            provider=line.source,
            kind=FactKind.SUCCEEDED,
            merchant_ref=attempt.merchant_ref,
            provider_ref=line.provider_ref or f"file:{line.pk}",
            amount=line.amount,
            occurred_at=line.occurred_at,
            code="settlement",
        )
    )
    if result.outcome not in bank_lines.BOOKED:
        raise ActionNotPossible(outcome=result.outcome.value)
    key = suspense_key(line.source, item.key)
    if LedgerEntry.objects.filter(idempotency_key=key).exists():
        take_back(line.source, item.key)


def _suspend(item: ReconciliationItem, target: str, reason: str, by: Actor) -> None:
    """Book the difference aside, so that the provider's account holds exactly what it will pay out."""
    if item.status == ItemStatus.MISSING_INTERNAL:
        put_aside(
            item.run.source,
            [each for each in compared(item.run.source, item.run.day) if each.key == item.key],
        )
        return
    ledger.post(
        kind=EntryKind.SUSPENSE,
        key=f"difference:{item.run.source}:{item.difference}:{item.key}"[:160],
        reference=item.reference or f"recon:{item.run.source}",
        lines=[
            (chart.psp_clearing(item.run.source), item.difference),
            (chart.SUSPENSE, -item.difference),
        ],
        by=by,
    )


def _refund(item: ReconciliationItem, target: str, reason: str, by: Actor) -> None:
    """Take money that came twice under two numbers as what it is, a second payment: it goes back by itself."""
    line = item.line
    if line is None:
        raise ActionNotPossible(status=item.status)
    result = apply_fact(
        ProviderFact(
            provider=line.source,
            kind=FactKind.SUCCEEDED,
            merchant_ref=line.merchant_ref,
            provider_ref=line.provider_ref,
            amount=line.amount,
            occurred_at=line.occurred_at,
            code="settlement",
        )
    )
    if result.outcome is not FactOutcome.SURPLUS:
        # The provider names one number twice: then it is its file that is wrong, not the payer's account.
        raise ActionNotPossible(outcome=result.outcome.value)


_DO: dict[Action, Callable[[ReconciliationItem, str, str, Actor], None]] = {
    Action.IGNORE: _ignore,
    Action.BOOK: _book,
    Action.SUSPENSE: _suspend,
    Action.REFUND: _refund,
}
