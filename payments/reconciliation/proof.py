"""The nightly proof: the ledger holds by itself, and says the same as the documents that stand for money."""

import hashlib
import logging
from collections.abc import Mapping

from django.db import connection, transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.gateways import registry
from payments.intents.enums import (
    REFUND_OPEN_STATES,
    CreditPayoutState,
    DepositState,
    HoldState,
    Provider,
    RefundState,
)
from payments.ledger import selectors as ledger
from payments.reconciliation import selectors
from voltgo.core.actors import SYSTEM
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

MOST_NAMED = 50
# Each compares what the ledger says with what documents say, by a name: (name, ledger, documents).
_CHECKS: Mapping[str, str] = {
    "deposits held": """
        SELECT coalesce(l.ref, d.reference), coalesce(l.total, 0), coalesce(d.total, 0)
        FROM (
            SELECT a.owner_ref AS ref, -sum(l.amount) AS total
            FROM payments_ledgeraccount a JOIN payments_ledgerline l ON l.account_id = a.id
            WHERE a.code LIKE 'deposit_liability:%%' GROUP BY a.owner_ref
        ) l FULL JOIN (
            SELECT reference, amount - captured - released - on_hold AS total
            FROM payments_deposit WHERE state NOT IN %(not_held)s
        ) d ON d.reference = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(d.total, 0)
    """,
    "refunds on their way": """
        SELECT coalesce(l.ref, r.provider), coalesce(l.total, 0), coalesce(r.total, 0)
        FROM (
            SELECT a.owner_ref AS ref, -sum(l.amount) AS total
            FROM payments_ledgeraccount a JOIN payments_ledgerline l ON l.account_id = a.id
            WHERE a.code LIKE 'refund_clearing:%%' GROUP BY a.owner_ref
        ) l FULL JOIN (
            SELECT provider, sum(amount) AS total FROM (
                SELECT p.provider, r.amount FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
                WHERE r.state IN %(open_refunds)s
                UNION ALL
                SELECT %(credit)s, amount FROM payments_creditpayout WHERE state = %(waiting)s
            ) open GROUP BY provider
        ) r ON r.provider = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(r.total, 0)
    """,
    "holds being taken": """
        SELECT coalesce(l.ref, h.provider), coalesce(l.total, 0), coalesce(h.total, 0)
        FROM (
            SELECT a.owner_ref AS ref, sum(l.amount) AS total
            FROM payments_ledgeraccount a JOIN payments_ledgerline l ON l.account_id = a.id
            WHERE a.code LIKE 'hold_clearing:%%' GROUP BY a.owner_ref
        ) l FULL JOIN (
            SELECT provider, sum(to_capture) AS total FROM payments_deposithold
            WHERE state = %(capturing)s GROUP BY provider
        ) h ON h.provider = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(h.total, 0)
    """,
    "cash in drawers": """
        SELECT coalesce(l.ref, m.code), coalesce(l.total, 0), coalesce(m.total, 0)
        FROM (
            SELECT a.owner_ref AS ref, sum(l.amount) AS total
            FROM payments_ledgeraccount a JOIN payments_ledgerline l ON l.account_id = a.id
            WHERE a.code LIKE 'cash_drawer:%%' GROUP BY a.owner_ref
        ) l FULL JOIN (
            SELECT d.code, coalesce(sum(m.amount), 0) AS total
            FROM payments_cashdrawer d
            JOIN LATERAL (
                SELECT id FROM payments_cashsession s WHERE s.drawer_id = d.id ORDER BY s.opened_at DESC LIMIT 1
            ) s ON true
            LEFT JOIN payments_cashmovement m ON m.session_id = s.id
            GROUP BY d.code
        ) m ON m.code = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(m.total, 0)
    """,
    "cash on its way to the bank": """
        SELECT 'cash_in_transit', l.total, d.total
        FROM (
            SELECT coalesce(sum(l.amount), 0) AS total
            FROM payments_ledgeraccount a JOIN payments_ledgerline l ON l.account_id = a.id
            WHERE a.code = 'cash_in_transit'
        ) l, (
            SELECT coalesce(sum(amount), 0) AS total FROM payments_cashdrop WHERE state = 'in_transit'
        ) d
        WHERE l.total <> d.total
    """,
    "money received": """
        SELECT coalesce(l.ref, p.reference), coalesce(l.total, 0), coalesce(p.total, 0)
        FROM (
            SELECT e.reference AS ref, sum(l.amount) AS total
            FROM payments_ledgerentry e
            JOIN payments_ledgerline l ON l.entry_id = e.id AND l.amount > 0
            WHERE e.kind IN ('payment', 'surplus') AND e.idempotency_key LIKE '%%:paid:%%'
            GROUP BY e.reference
        ) l FULL JOIN (
            SELECT i.reference, sum(p.amount) AS total
            FROM payments_payment p JOIN payments_paymentintent i ON i.id = p.intent_id
            WHERE EXISTS (
                SELECT 1 FROM payments_ledgerentry e
                WHERE e.idempotency_key = p.provider || ':paid:' || p.provider_ref
            ) OR NOT EXISTS (SELECT 1 FROM payments_deposithold h WHERE h.merchant_ref = p.merchant_ref)
            GROUP BY i.reference
        ) p ON p.reference = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(p.total, 0) AND coalesce(l.ref, p.reference) NOT IN %(taken_over)s
          AND (l.ref IS NOT NULL OR p.total <> (
              SELECT coalesce(sum(r.amount), 0) FROM payments_refund r
              WHERE r.reference = p.reference AND r.state = %(done)s
          ))
    """,
    "money promised back": """
        SELECT coalesce(l.ref, r.reference), coalesce(l.total, 0), coalesce(r.total, 0)
        FROM (
            SELECT e.reference AS ref, sum(l.amount) AS total
            FROM payments_ledgerentry e
            JOIN payments_ledgerline l ON l.entry_id = e.id AND l.amount > 0
            WHERE e.kind = 'refund' AND e.idempotency_key LIKE 'refund:%%'
              AND NOT EXISTS (SELECT 1 FROM payments_ledgerentry x WHERE x.reverses_id = e.id)
            GROUP BY e.reference
        ) l FULL JOIN (
            SELECT reference, sum(amount) AS total FROM payments_refund
            WHERE state <> %(rejected)s GROUP BY reference
        ) r ON r.reference = l.ref
        WHERE coalesce(l.total, 0) <> coalesce(r.total, 0) AND coalesce(l.ref, r.reference) NOT IN %(taken_over)s
          AND EXISTS (SELECT 1 FROM payments_ledgerentry e WHERE e.reference = coalesce(l.ref, r.reference))
    """,
}
# Bookings from before this ledger came with their result in one entry, not with each movement; those that were
# given back in full came with none.
_TAKEN_OVER = "(SELECT reference FROM payments_ledgerentry WHERE idempotency_key LIKE 'revenue:taken-over:%')"


def prove_books() -> ledger.Proof:
    """Recount the ledger, and compare it with deposits, refunds, holds, drawers, payments and providers."""
    proof = ledger.prove()
    problems = list(proof.problems)
    values = {
        "not_held": (DepositState.DUE.value, DepositState.WAIVED.value),
        "open_refunds": tuple(state.value for state in sorted(REFUND_OPEN_STATES)),
        "credit": Provider.CREDIT.value,
        "waiting": CreditPayoutState.WAITING.value,
        "capturing": HoldState.CAPTURING.value,
        "rejected": RefundState.REJECTED.value,
        "done": RefundState.SUCCEEDED.value,
    }
    with connection.cursor() as cursor:
        for name, question in _CHECKS.items():
            cursor.execute(_with_lists(question, values) + f" ORDER BY 1 LIMIT {MOST_NAMED}")
            problems += [_words(name, *row) for row in cursor.fetchall()]
    for source in registry.codes():
        difference = selectors.clearing_difference(source)
        if difference:
            problems.append(
                f"money with {source}: the ledger differs by {difference} from what documents say"
            )
    return ledger.Proof(proof.entries, proof.lines, problems)


def _with_lists(question: str, values: Mapping[str, object]) -> str:
    """Write fixed words of ours into a question; none of them comes from outside."""
    written = {
        name: "({})".format(", ".join(f"'{word}'" for word in value))
        if isinstance(value, tuple)
        else f"'{value}'"
        for name, value in values.items()
    }
    return question % {**written, "taken_over": _TAKEN_OVER}


def _words(name: str, subject: str, said: Dong, counted: Dong) -> str:
    return f"{name}, {subject}: the ledger says {said}, documents say {counted}"


@transaction.atomic
def prove_and_tell() -> bool:
    """Prove the books; each problem is a case and an alert, each that is gone closes its case."""
    proof = prove_books()
    keys = set()
    for problem in proof.problems:
        logger.critical("ALERT ledger: %s", problem)
        # Without its amounts, which may change from night to night.
        name = problem.split(":")[0].split(" says ")[0]
        key = f"ledger:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        keys.add(key)
        if not MoneyCase.objects.filter(key=key, state=CaseState.OPEN).exists():
            _open(key, problem)
    gone = MoneyCase.objects.filter(kind=CaseKind.LEDGER, key__startswith="ledger:", state=CaseState.OPEN)
    for case in gone.exclude(key__in=keys):
        cases.resolve_case(case=case, resolution="sổ cái khớp trở lại", by=SYSTEM)
    if proof.holds:
        logger.info("the books hold: %s entries, %s lines", proof.entries, proof.lines)
    return proof.holds


def _open(key: str, problem: str) -> None:
    cases.open_case(kind=CaseKind.LEDGER, key=key, details={"problem": problem[:300]})
