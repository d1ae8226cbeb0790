"""Reading drawers, their sessions, and what should lie in them."""

from django.conf import settings
from django.db.models import QuerySet, Sum

from payments.cash.enums import RUNNING_STATES, MovementKind, SessionState
from payments.cash.models import CashDrawer, CashDrop, CashMovement, CashSession
from payments.intents.enums import OPEN_STATES, Provider
from payments.intents.models import Payment, PaymentIntent, Refund
from payments.intents.services.by_hand import cash_to_pay_out
from payments.invoices.enums import ReceiptKind
from payments.invoices.models import Receipt
from voltgo.core import clock
from voltgo.core.money import Dong


def drawer_at(place_ref: str) -> CashDrawer | None:
    """Return the drawer in use at a place."""
    return CashDrawer.objects.filter(place_ref=place_ref, is_active=True).order_by("pk").first()


def running_session(drawer: CashDrawer | None) -> CashSession | None:
    """Return the session that is open, being counted or disputed; a drawer has at most one."""
    if drawer is None:
        return None
    rows = CashSession.objects.filter(drawer=drawer, state__in=RUNNING_STATES)
    return rows.select_related("drawer", "opened_by", "closed_by").first()


def open_session_at(place_ref: str) -> CashSession | None:
    """Return the session of a place in which cash may move now."""
    session = running_session(drawer_at(place_ref))
    return session if session is not None and session.state == SessionState.OPEN else None


def last_closed(drawer: CashDrawer | None) -> CashSession | None:
    """Return the session before, whose note the next one reads."""
    rows = CashSession.objects.filter(drawer=drawer, closed_at__isnull=False)
    return rows.select_related("closed_by").order_by("-closed_at").first() if drawer else None


def sessions_at(place_ref: str) -> QuerySet[CashSession]:
    """Return the sessions of a place, newest first."""
    rows = CashSession.objects.filter(drawer__place_ref=place_ref)
    return rows.select_related("drawer", "opened_by", "closed_by", "confirmed_by").order_by("-opened_at")


def expected_in(session: CashSession) -> Dong:
    """Return what should lie in the drawer: taken over, float and payments, less refunds and drops."""
    return session.movements.aggregate(total=Sum("amount"))["total"] or 0


def is_too_full(session: CashSession) -> bool:
    """Say whether money should go to the bank, without saying how much there is."""
    return expected_in(session) > session.drawer.most_kept


def drops_of(session: CashSession) -> QuerySet[CashDrop]:
    return CashDrop.objects.filter(movement__session=session).select_related("witness").order_by("-pk")


def payment_of(movement: CashMovement) -> Payment | None:
    """Return the payment that a movement is; None for any other movement."""
    if movement.kind != MovementKind.PAYMENT:
        return None
    rows = Payment.objects.filter(provider=Provider.CASH, provider_ref=f"{Provider.CASH}:{movement.pk}")
    return rows.select_related("intent__payer").first()


def slip_of(movement: CashMovement) -> Receipt | None:
    """Return the numbered slip of a payment; None for any other movement."""
    key = f"{ReceiptKind.SLIP}:{Provider.CASH}:{Provider.CASH}:{movement.pk}"
    return Receipt.objects.filter(key=key).select_related("payer").first()


def payable_in_cash(reference: str) -> QuerySet[PaymentIntent]:
    """Return what of a reference is asked for and can still be paid over the counter, oldest first."""
    rows = PaymentIntent.objects.filter(
        reference=reference, state__in=OPEN_STATES, expires_at__gt=clock.now()
    )
    return rows.select_related("payer").order_by("created_at")


def to_pay_out(reference: str) -> QuerySet[Refund]:
    """Return the refunds of a reference that wait to be paid out of a drawer, oldest first."""
    return cash_to_pay_out(reference).select_related("payment", "intent__payer")


def needs_other_proof(amount: Dong) -> bool:
    """Say whether a business payer loses the VAT deduction by paying so much in cash.

    Decree 181/2025: from CASH_VAT_PROOF_FROM a purchase needs proof of a payment that is not cash.
    """
    limit: Dong = settings.CASH_VAT_PROOF_FROM
    return amount >= limit
