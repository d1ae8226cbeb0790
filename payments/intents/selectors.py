"""Reading what was paid, held, returned and owed."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from payments.intents.enums import (
    HOLD_OPEN_STATES,
    OPEN_STATES,
    REFUND_OPEN_STATES,
    HoldState,
    Purpose,
    RefundState,
)
from payments.intents.models import Deposit, DepositHold, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerLine
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class MoneySummary:
    """The money of one reference, in dong.

    paid: received for services, surplus left out. prepaid: what of it is neither earned nor refunded,
    captured deposit money included. deposit_held: still held. captured: taken from the
    deposit. refunded: has reached the payer. pending_refunds: promised, not yet there (also those that
    failed and wait for a person). due: asked for and not yet paid, or owed after settlement.
    """

    paid: Dong
    prepaid: Dong
    deposit_held: Dong
    captured: Dong
    refunded: Dong
    pending_refunds: Dong
    due: Dong
    # What of `deposit_held` a card only promises.
    deposit_on_hold: Dong = 0
    # The row behind these, for whoever asks on.
    deposit: Deposit | None = field(default=None, compare=False, repr=False)

    @property
    def deposit_money(self) -> Dong:
        """What of the deposit lies with us as money."""
        return self.deposit_held - self.deposit_on_hold


@dataclass(frozen=True, slots=True)
class ReferenceBalance:
    """What the ledger still holds for one reference."""

    prepaid: Dong
    deposit: Dong
    credit: Dong
    debt: Dong

    @property
    def is_zero(self) -> bool:
        """Whether nothing of the payer's money is left with us. A debt may remain; it is theirs."""
        return self.prepaid == self.deposit == self.credit == 0


def deposit_of(reference: str) -> Deposit | None:
    """Return the deposit of a reference, if one was ever asked for."""
    return Deposit.objects.filter(reference=reference).first()


def open_holds_of(reference: str) -> QuerySet[DepositHold]:
    """Return what cards hold or will hold for a reference, and the last that failed; newest first."""
    states = [*HOLD_OPEN_STATES, HoldState.FAILED]
    rows = DepositHold.objects.filter(deposit__reference=reference, state__in=states)
    return rows.select_related("instrument").order_by("-pk")


def money_of(reference: str) -> MoneySummary:
    """Return the money summary of a reference; six queries."""
    paid = Payment.objects.filter(intent__reference=reference).aggregate(total=Sum("prepayment_amount"))[
        "total"
    ]
    deposit = Deposit.objects.filter(reference=reference).first()
    back = Refund.objects.filter(reference=reference).aggregate(
        done=Sum("amount", filter=Q(state=RefundState.SUCCEEDED)),
        open=Sum("amount", filter=Q(state__in=REFUND_OPEN_STATES)),
    )
    asked = PaymentIntent.objects.filter(
        reference=reference, state__in=OPEN_STATES, purpose=Purpose.BOOKING
    ).aggregate(total=Sum("amount"))["total"]
    return MoneySummary(
        paid=paid or 0,
        prepaid=ledger.balance(chart.customer_prepaid(reference)),
        deposit_held=deposit.remaining if deposit else 0,
        captured=deposit.captured if deposit else 0,
        refunded=back["done"] or 0,
        pending_refunds=back["open"] or 0,
        due=(asked or 0) + _debt_of_reference(reference),
        deposit_on_hold=deposit.on_hold if deposit else 0,
        deposit=deposit,
    )


def _debt_of_reference(reference: str) -> Dong:
    lines = LedgerLine.objects.filter(entry__reference=reference, account__code__startswith="receivable:")
    return lines.aggregate(total=Sum("amount"))["total"] or 0


def balance_of(reference: str) -> ReferenceBalance:
    """Return what the ledger still holds for a reference; all zero but the debt after a clean closing."""
    return ReferenceBalance(
        prepaid=ledger.balance(chart.customer_prepaid(reference)),
        deposit=ledger.balance(chart.deposit_liability(reference)),
        credit=ledger.balance(chart.customer_credit(reference)),
        debt=_debt_of_reference(reference),
    )


def debt_of(user: User) -> Dong:
    """Return what a person owes over all references."""
    return ledger.balance(chart.receivable(user.public_id))


# What a person owes, as a part of somebody else's statement: `debt_account` is the name of their account.
DEBT = "coalesce((SELECT balance FROM payments_ledgeraccount WHERE code = %(debt_account)s), 0)"


def debt_account(user: User) -> str:
    return chart.receivable(user.public_id).code


def intents_of(reference: str) -> QuerySet[PaymentIntent]:
    """Return the payment requests of a reference, oldest first."""
    return PaymentIntent.objects.filter(reference=reference).order_by("created_at")


def payments_of(reference: str) -> QuerySet[Payment]:
    """Return the money received for a reference, oldest first."""
    return Payment.objects.filter(intent__reference=reference).order_by("paid_at", "pk")


def refunds_of(reference: str) -> QuerySet[Refund]:
    """Return the refunds of a reference, oldest first."""
    return Refund.objects.filter(reference=reference).order_by("created_at")


def refunds_under(key: str) -> list[Refund]:
    """Return the refunds that one decision made: several where one payment had not enough left."""
    made = Q(idempotency_key=key) | Q(idempotency_key__startswith=f"{key}#")
    return list(Refund.objects.filter(made).order_by("pk"))


def surplus_of(intent: PaymentIntent) -> Dong:
    """Return what came for an intent beyond what it asks for; it goes back."""
    found = Payment.objects.filter(intent=intent).aggregate(sum=Sum("surplus_amount"))["sum"]
    return found or 0


def payments_for(intents: list[PaymentIntent]) -> list[Payment]:
    """Return every payment that came for some intents, the oldest first."""
    found = Payment.objects.filter(intent__in=intents).select_related("intent")
    return list(found.order_by("paid_at", "pk"))


def held_by_newest_attempt(intent: PaymentIntent) -> Dong:
    """Return what the payer's newest try only has held, instead of taking it."""
    newest = PaymentAttempt.objects.filter(intent=intent, merchant_ref=intent.merchant_ref).first()
    return newest.hold_amount if newest else 0
