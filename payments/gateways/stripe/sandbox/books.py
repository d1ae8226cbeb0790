"""What Stripe keeps of an account: payment intents, charges, refunds, disputes, its balance, and events of all.

Every method runs inside `store.transaction()`. An event is written with the object as it was at that moment;
`fresh_events` names those that are still to be sent.
"""

import threading
from typing import Any

from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.store import Store
from payments.gateways.stripe.protocol import CURRENCY, MAX_AMOUNT, MIN_AMOUNT, VERSION, Json
from payments.gateways.stripe.sandbox import errors
from payments.gateways.stripe.sandbox.cards import CARDS, Card
from payments.gateways.stripe.sandbox.errors import invalid, missing

INTENT, CHARGE, REFUND, DISPUTE, EVENT, METHOD, CUSTOMER, BALANCE = (
    "payment_intent", "charge", "refund", "dispute", "event", "payment_method", "customer", "balance_transaction"
)  # fmt: skip
# A foreign card costs about this, in basis points, and a dispute this in dong.
FEE_BP = 340
DISPUTE_FEE = 375_000
# How long a hold stands: seven days; without the payer, as Visa has it, four days and 18 hours.
HOLD_SECONDS = 7 * 86_400
HOLD_OFF_SESSION_SECONDS = 4 * 86_400 + 18 * 3_600
REFUSED_REFUND = "expired_or_canceled_card"


class Books:
    """One account of a local Stripe."""

    def __init__(self, store: Store, control: Control) -> None:
        self.store = store
        self.control = control
        self._fresh = threading.local()

    # --- Parts ----------------------------------------------------------------------------------
    def now(self) -> int:
        return int(self.store.now().timestamp())

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self.store.next_number()}"

    def need(self, kind: str, number: str) -> Json:
        found = self.store.get(kind, number)
        if found is None:
            raise missing(kind, number)
        return found

    def new(self, kind: str, prefix: str, **values: Any) -> Json:
        thing = {
            "id": self.new_id(prefix),
            "object": kind,
            "created": self.now(),
            "livemode": False,
            **values,
        }
        self.store.add(kind, thing["id"], thing)
        return thing

    def change(self, thing: Json, **changes: Any) -> Json:
        return self.store.change(thing["object"], thing["id"], **changes)

    def emit(self, kind: str, thing: Json) -> None:
        """Write an event down."""
        event = self.new(
            EVENT,
            "evt",
            api_version=VERSION,
            type=kind,
            data={"object": shown(thing)},
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        self._list().append(event["id"])

    def fresh_events(self) -> list[str]:
        """Return the events that this thread has written since the last time it was asked."""
        fresh, self._fresh.events = self._list(), []
        return fresh

    def _list(self) -> list[str]:
        if not hasattr(self._fresh, "events"):
            self._fresh.events = []
        return self._fresh.events  # type: ignore[no-any-return]

    # --- Cards ----------------------------------------------------------------------------------
    def new_customer(self, email: str = "") -> Json:
        return self.new(CUSTOMER, "cus", email=email or None, metadata={})

    def new_method(self, card: Card, customer: str | None) -> Json:
        """Keep a card; its behaviour stays with it."""
        shown = {
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": 12,
            "exp_year": 2031,
            "funding": "credit",
        }
        return self.new(METHOD, "pm", type="card", customer=customer, card=shown, _behaves=card.token)

    def method(self, number: str) -> Json:
        """Return a kept card; the names of test cards are cards that nobody keeps."""
        if number in CARDS:
            return self.new_method(CARDS[number], None)
        method = self.need(METHOD, number)
        if method.get("_detached"):
            raise invalid(
                "The provided PaymentMethod was detached from a Customer. It may not be used again."
            )
        return method

    def detach(self, method: Json) -> Json:
        """Keep a card for nobody any more; it stays as an object that no payment takes."""
        if not method["customer"]:
            raise invalid("The payment method you provided is not attached to a customer.")
        method = self.change(method, customer=None, _detached=True)
        self.emit("payment_method.detached", method)
        return method

    # --- Payment intents ------------------------------------------------------------------------
    def new_intent(self, **values: Any) -> Json:
        number = self.new_id("pi")
        intent = {
            "id": number,
            "object": INTENT,
            "created": self.now(),
            "livemode": False,
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{number}_secret_{self.store.next_number()}",
            "currency": CURRENCY,
            "customer": None,
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": {},
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "setup_future_usage": None,
            "status": "requires_payment_method",
            **{name: value for name, value in values.items() if value is not None},
        }
        self.store.add(INTENT, number, intent)
        self.emit("payment_intent.created", intent)
        return intent

    def check_amount(self, amount: int | None, param: str) -> int:
        if amount is None:
            raise invalid(f"Invalid integer: {param}", param=param, code="parameter_invalid_integer")
        # Half a dollar at the rate of the day, somewhat below what the portal asks for at least.
        if amount < MIN_AMOUNT * 2 // 3:
            raise invalid("Amount must convert to at least 50 cents.", param=param, code="amount_too_small")
        if amount > MAX_AMOUNT:
            raise invalid("Amount must be no more than ₫99,999,999", param=param, code="amount_too_large")
        return amount

    def attempt(
        self, intent: Json, method: Json, *, off_session: bool, is_authenticated: bool = False
    ) -> Json:
        """Let a card pay or hold, and return the intent as it then is."""
        card = CARDS[method["_behaves"]]
        intent = self.change(intent, payment_method=method["id"], next_action=None)
        if card.asks_for_code and not off_session and not is_authenticated:
            intent = self.change(intent, status="requires_action", next_action={"type": "redirect_to_url"})
            self.emit("payment_intent.requires_action", intent)
            return intent
        refusal = card.later if off_session else card.refusal
        return (
            self.refuse(intent, method, refusal)
            if refusal
            else self._accept(intent, method, card, off_session=off_session)
        )

    def refuse(self, intent: Json, method: Json, decline_code: str) -> Json:
        """Write a refused try down."""
        code, reason = errors.split(decline_code)
        charge = self._new_charge(intent, method, status="failed", failure_code=code, paid=False)
        error = {"type": "card_error", "code": code, "decline_code": reason or None, "charge": charge["id"]}
        intent = self.change(
            intent,
            status="requires_payment_method",
            payment_method=None,
            next_action=None,
            latest_charge=charge["id"],
            last_payment_error=error,
        )
        self.emit("charge.failed", charge)
        self.emit("payment_intent.payment_failed", intent)
        return intent

    def _new_charge(self, intent: Json, method: Json, **values: Any) -> Json:
        card = {key: method["card"][key] for key in ("brand", "last4", "exp_month", "exp_year", "funding")}
        return self.new(
            CHARGE,
            "ch",
            **{
                "amount": intent["amount"],
                "amount_captured": 0,
                "amount_refunded": 0,
                "captured": False,
                "currency": intent["currency"],
                "customer": intent["customer"],
                "disputed": False,
                "metadata": intent["metadata"],
                "paid": True,
                "payment_intent": intent["id"],
                "payment_method": method["id"],
                "payment_method_details": {"type": "card", "card": card},
                "refunded": False,
                "status": "succeeded",
                **values,
            },
        )

    def _accept(self, intent: Json, method: Json, card: Card, *, off_session: bool) -> Json:
        is_hold = intent["capture_method"] == "manual"
        charge = self._new_charge(intent, method)
        if is_hold:
            seconds = HOLD_OFF_SESSION_SECONDS if off_session else HOLD_SECONDS
            details = charge["payment_method_details"]
            details["card"]["capture_before"] = self.now() + seconds
            charge = self.change(charge, payment_method_details=details)
            intent = self.change(
                intent,
                status="requires_capture",
                amount_capturable=intent["amount"],
                latest_charge=charge["id"],
                last_payment_error=None,
            )
            self.emit("charge.succeeded", charge)
            self.emit("payment_intent.amount_capturable_updated", intent)
            return intent
        charge = self._book_charge(charge, intent["amount"])
        intent = self.change(
            intent,
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            last_payment_error=None,
        )
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)
        if card.disputes:
            self.dispute(charge, "fraudulent")
        return intent

    def _book_charge(self, charge: Json, amount: int) -> Json:
        """Put a captured charge on the balance: the whole, and what was not taken back again."""
        whole = self._balance("charge", charge, charge["amount"], fee=_fee(charge["amount"]))
        if amount < charge["amount"]:
            rest = amount - charge["amount"]
            self._balance("partial_capture_reversal", charge, rest, fee=_fee(amount) - _fee(charge["amount"]))
        return self.change(charge, captured=True, amount_captured=amount, balance_transaction=whole["id"])

    def capture(self, intent: Json, amount: int | None) -> Json:
        if intent["status"] != "requires_capture":
            raise unexpected(intent, "captured")
        taken = intent["amount_capturable"] if amount is None else amount
        if not 0 < taken <= intent["amount_capturable"]:
            raise invalid(
                "You cannot capture this amount.", param="amount_to_capture", code="amount_too_large"
            )
        charge = self._book_charge(self.need(CHARGE, intent["latest_charge"]), taken)
        intent = self.change(intent, status="succeeded", amount_received=taken, amount_capturable=0)
        self.emit("charge.captured", charge)
        self.emit("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: Json, reason: str) -> Json:
        if intent["status"] in {"succeeded", "canceled"}:
            raise unexpected(intent, "canceled")
        intent = self.change(
            intent,
            status="canceled",
            amount_capturable=0,
            canceled_at=self.now(),
            cancellation_reason=reason,
            next_action=None,
        )
        self.emit("payment_intent.canceled", intent)
        return intent

    def end_old_holds(self) -> None:
        """Let go of the holds whose banks do so by themselves."""
        for intent in self.store.find(INTENT, status="requires_capture"):
            charge = self.need(CHARGE, intent["latest_charge"])
            if charge["payment_method_details"]["card"]["capture_before"] <= self.now():
                self.cancel(intent, "automatic")

    # --- Refunds --------------------------------------------------------------------------------
    def refund(self, intent: Json, amount: int | None, metadata: Json) -> Json:
        charge = self.need(CHARGE, intent["latest_charge"]) if intent["latest_charge"] else None
        if charge is None or not charge["captured"]:
            raise invalid(
                "This PaymentIntent does not have a successful charge to refund.", param="payment_intent"
            )
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise invalid("Charge has already been refunded.", code="charge_already_refunded")
        wanted = left if amount is None else amount
        if not 0 < wanted <= left:
            raise invalid(
                "Refund amount is greater than unrefunded amount on charge.",
                param="amount",
                code="amount_too_large",
            )
        done_at = self.now() + self.control.refund_seconds
        refund = self.new(
            REFUND,
            "re",
            amount=wanted,
            charge=charge["id"],
            currency=CURRENCY,
            metadata=metadata,
            payment_intent=intent["id"],
            reason=None,
            status="pending",
            _done_at=done_at,
            _will_fail=self.control.reject_refunds,
        )
        charge = self._add_refunded(charge, wanted)
        self._balance("refund", refund, -wanted)
        is_done = self.control.refund_seconds <= 0
        if is_done and not refund["_will_fail"]:
            refund = self.change(refund, status="succeeded")
        self.emit("refund.created", refund)
        self.emit("charge.refunded", charge)
        return self._fail_refund(refund) if is_done and refund["_will_fail"] else refund

    def end_refunds(self) -> None:
        """Let the banks finish the refunds whose time has come."""
        for refund in self.store.find(REFUND, status="pending"):
            if refund["_done_at"] > self.now():
                continue
            if refund["_will_fail"]:
                self._fail_refund(refund)
            else:
                self.emit("refund.updated", self.change(refund, status="succeeded"))

    def _fail_refund(self, refund: Json) -> Json:
        self._add_refunded(self.need(CHARGE, refund["charge"]), -refund["amount"])
        self._balance("refund_failure", refund, refund["amount"])
        refund = self.change(refund, status="failed", failure_reason=REFUSED_REFUND)
        self.emit("refund.failed", refund)
        return refund

    def _add_refunded(self, charge: Json, amount: int) -> Json:
        total = charge["amount_refunded"] + amount
        return self.change(charge, amount_refunded=total, refunded=total == charge["amount_captured"])

    # --- Disputes -------------------------------------------------------------------------------
    def dispute(self, charge: Json, reason: str, *, is_inquiry: bool = False) -> Json:
        dispute = self.new(
            DISPUTE,
            "du",
            amount=charge["amount_captured"],
            charge=charge["id"],
            currency=CURRENCY,
            metadata={},
            payment_intent=charge["payment_intent"],
            reason=reason,
            status="warning_needs_response" if is_inquiry else "needs_response",
        )
        if not is_inquiry:
            self.change(charge, disputed=True)
            self._balance("dispute", dispute, -dispute["amount"], fee=DISPUTE_FEE)
        self.emit("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, dispute: Json, status: str) -> Json:
        if status not in {"won", "lost", "warning_closed"} or dispute["status"] in {"won", "lost"}:
            raise invalid("This dispute cannot be closed like that.", param="status")
        if status == "won":
            self._balance("dispute_reversal", dispute, dispute["amount"])
        dispute = self.change(dispute, status=status)
        self.emit("charge.dispute.closed", dispute)
        return dispute

    # --- Balance --------------------------------------------------------------------------------
    def _balance(self, category: str, source: Json, amount: int, fee: int = 0) -> Json:
        return self.new(
            BALANCE,
            "txn",
            amount=amount,
            currency=CURRENCY,
            fee=fee,
            net=amount - fee,
            reporting_category=category,
            source=source["id"],
            _at=self.store.now().isoformat(),
        )


def shown(thing: Json) -> Json:
    """Return an object without what only the sandbox knows of it."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def unexpected(intent: Json, verb: str) -> errors.ApiError:
    """Return the refusal of something that the state of an intent forbids."""
    return invalid(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent=shown(intent),
    )


def _fee(amount: int) -> int:
    return (amount * FEE_BP + 5_000) // 10_000
