"""Reading what a person paid, gets back and owes: their own rows and nobody else's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast

from accounts.models import User
from payments.intents.enums import (
    OPEN_STATES,
    REFUND_OPEN_STATES,
    AdjustmentKind,
    AdjustmentState,
    DepositState,
    HoldState,
    Purpose,
    RefundState,
)
from payments.intents.models import (
    Adjustment,
    CreditPayout,
    Deposit,
    DepositHold,
    Payment,
    PaymentIntent,
    Refund,
    SavedInstrument,
)
from payments.invoices.models import Receipt
from payments.invoices.selectors import receipts_of
from voltgo.core import clock

# Kinds of what stands in the list, as the address names them.
PAYMENTS, REFUNDS, RECEIPTS, CREDIT = "payments", "refunds", "receipts", "credit"
KINDS = (PAYMENTS, REFUNDS, RECEIPTS, CREDIT)


def payments_of(user: User) -> QuerySet[Payment]:
    """Return what a person paid, the newest first."""
    return Payment.objects.filter(intent__payer=user).select_related("intent").order_by("-paid_at", "-pk")


def refunds_of(user: User) -> QuerySet[Refund]:
    """Return what goes or went back to a person, the newest first; what was refused is not theirs to see."""
    mine = Refund.objects.filter(intent__payer=user).exclude(state=RefundState.REJECTED)
    return mine.select_related("payment", "intent").order_by("-created_at", "-pk")


def refunds_under_way(user: User) -> QuerySet[Refund]:
    return refunds_of(user).filter(state__in=REFUND_OPEN_STATES)


def deposits_of(user: User) -> QuerySet[Deposit]:
    """Return a person's deposits that were ever held, the newest first."""
    mine = Deposit.objects.filter(payer=user).exclude(state__in=[DepositState.DUE, DepositState.WAIVED])
    return mine.order_by("-created_at", "-pk")


def deposits_held(user: User) -> QuerySet[Deposit]:
    """Return the deposits of which something is still held."""
    return deposits_of(user).filter(amount__gt=F("captured") + F("released"))


def holds_ahead(user: User) -> QuerySet[DepositHold]:
    """Return the deposits that will be held on a kept card, the next first."""
    mine = DepositHold.objects.filter(deposit__payer=user, replaces=None)
    ahead = mine.filter(state__in=[HoldState.PLANNED, HoldState.REQUESTED])
    return ahead.select_related("deposit").order_by("place_at", "pk")


def cards_of(user: User) -> QuerySet[SavedInstrument]:
    return SavedInstrument.objects.filter(payer=user, forgotten_at=None).order_by("-created_at")


def payouts_of(user: User) -> QuerySet[CreditPayout]:
    return CreditPayout.objects.filter(owner=user).order_by("-created_at")


def debts_of(user: User) -> QuerySet[PaymentIntent]:
    """Return the requests to pay what was found owing after a rental, and that may still be paid."""
    return PaymentIntent.objects.filter(
        payer=user,
        purpose__in=[Purpose.BALANCE, Purpose.FINE],
        state__in=OPEN_STATES,
        expires_at__gt=clock.now(),
    ).order_by("created_at")


# --- One list of everything that moved ----------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is asked for; an empty field asks for all."""

    kind: str = ""
    since: datetime | None = None
    code: str = ""


def movements_of(user: User, wanted: Wanted) -> QuerySet[Any, dict[str, Any]]:
    """Return (kind, row_id, at) of everything that moved for a person, the newest first. One statement."""
    sources: dict[str, list[tuple[str, QuerySet[Any], str]]] = {
        PAYMENTS: [("payment", payments_of(user).order_by(), "paid_at")],
        REFUNDS: [("refund", refunds_of(user).order_by(), "created_at")],
        RECEIPTS: [("receipt", receipts_of(user).order_by(), "issued_at")],
        CREDIT: [
            ("payout", payouts_of(user).order_by(), "created_at"),
            ("gift", _gifts_of(user), "created_at"),
        ],
    }
    kinds = [wanted.kind] if wanted.kind in KINDS else [PAYMENTS, REFUNDS, CREDIT]
    parts = [_part(*source, wanted) for kind in kinds for source in sources[kind]]
    return parts[0].union(*parts[1:], all=True).order_by("-at", "row_id")


def _gifts_of(user: User) -> QuerySet[Adjustment]:
    return Adjustment.objects.filter(person=user, kind=AdjustmentKind.CREDIT, state=AdjustmentState.DONE)


def _part(kind: str, rows: QuerySet[Any], moment: str, wanted: Wanted) -> QuerySet[Any, dict[str, Any]]:
    if wanted.since:
        rows = rows.filter(**{f"{moment}__gte": wanted.since})
    if wanted.code:
        rows = _about(rows, wanted.code)
    named: QuerySet[Any, dict[str, Any]] = (
        rows.select_related(None)
        .annotate(kind_=Value(kind, CharField()), row_id=Cast("pk", CharField()), at=F(moment))
        .values("kind_", "row_id", "at")
    )
    return named


def _about(rows: QuerySet[Any], code: str) -> QuerySet[Any]:
    """Keep what is about a booking, by its code or a part of it."""
    if rows.model is CreditPayout:
        return rows.none()
    path = "intent__reference" if rows.model is Payment else "reference"
    return rows.filter(**{f"{path}__icontains": code})


_MODELS: dict[str, type[models.Model]] = {
    "payment": Payment,
    "refund": Refund,
    "receipt": Receipt,
    "payout": CreditPayout,
    "gift": Adjustment,
}


def rows_of(found: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return the rows of one page of movements in its order, one query for each kind among them."""
    by_kind: dict[str, list[str]] = {}
    for each in found:
        by_kind.setdefault(each["kind_"], []).append(each["row_id"])
    rows: dict[tuple[str, str], Any] = {}
    for kind, ids in by_kind.items():
        chosen = _MODELS[kind]._base_manager.filter(pk__in=ids)
        if kind == "payment":
            chosen = chosen.select_related("intent")
        elif kind == "refund":
            chosen = chosen.select_related("payment")
        rows.update({(kind, str(row.pk)): row for row in chosen})
    return [(each["kind_"], rows[each["kind_"], each["row_id"]]) for each in found]
