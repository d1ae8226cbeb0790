"""Opening and resolving money cases."""

from typing import Any

from django.db import transaction
from django.db.models import F

from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong


def open_case(
    *, kind: CaseKind, key: str, reference: str = "", amount: Dong = 0, details: dict[str, Any] | None = None
) -> MoneyCase:
    """Say that a person must look at something. The same `key` is one case; a repeat is counted.

    A resolved case stays resolved: name a new fact by a new key. Runs in the caller's transaction, so the
    case is kept exactly when what it tells of is. `details` carries no secret and no account number.
    """
    case, created = MoneyCase.objects.get_or_create(
        key=key[:160],
        defaults={"kind": kind, "reference": reference, "amount": amount, "details": details or {}},
    )
    if not created:
        MoneyCase.objects.filter(pk=case.pk).update(times=F("times") + 1)
    return case


@transaction.atomic
def resolve_case(*, case: MoneyCase, resolution: str, by: Actor) -> MoneyCase:
    """Close a case with what was done about it. Safe to call twice; the first resolution stays.

    Raises:
        InvalidInput: nothing is said.
    """
    resolution = resolution.strip()
    if not resolution:
        raise InvalidInput(resolution=resolution)
    locked = locks.lock_row(case)
    if locked.state == CaseState.RESOLVED:
        return locked
    locked.state, locked.resolved_at, locked.resolution = CaseState.RESOLVED, clock.now(), resolution[:500]
    locked.save(update_fields=["state", "resolved_at", "resolution"])
    audit.record("money_case.resolved", f"case:{locked.pk}", by=by, reason=resolution[:300])
    return locked
