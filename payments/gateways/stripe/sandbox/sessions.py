"""Checkout sessions: what the hosted page is about, and how the payer ends it."""

from collections.abc import Mapping
from typing import Any

from payments.gateways.stripe.protocol import LONGEST_SESSION, SHORTEST_SESSION, Json
from payments.gateways.stripe.sandbox.books import INTENT, METHOD, Books
from payments.gateways.stripe.sandbox.cards import CARDS
from payments.gateways.stripe.sandbox.errors import invalid
from payments.gateways.stripe.sandbox.forms import whole

SESSION = "checkout.session"
KNOWN_LOCALES = frozenset({"auto", "vi", "en"})


class Sessions:
    """The sessions of one account. Every method runs inside `store.transaction()`."""

    def __init__(self, books: Books, page_url: str) -> None:
        self._books = books
        self._page_url = page_url

    def create(self, form: Mapping[str, Any]) -> Json:
        books = self._books
        if form.get("mode") != "payment" or not form.get("success_url"):
            raise invalid("Missing required param: success_url.", param="success_url")
        if form.get("locale", "auto") not in KNOWN_LOCALES:
            raise invalid("Invalid locale", param="locale")
        amount, name = self._total(form)
        ends_at = whole(form.get("expires_at", "")) or books.now() + int(LONGEST_SESSION.total_seconds())
        life = ends_at - books.now()
        if not SHORTEST_SESSION.total_seconds() <= life <= LONGEST_SESSION.total_seconds():
            raise invalid("expires_at must be 30 minutes to 24 hours from now.", param="expires_at")
        customer = form.get("customer")
        if customer:
            books.need("customer", customer)
        number = books.new_id("cs_test")
        session = {
            "id": number,
            "object": SESSION,
            "created": books.now(),
            "livemode": False,
            "amount_total": amount,
            "cancel_url": form.get("cancel_url"),
            "client_reference_id": form.get("client_reference_id"),
            "currency": "vnd",
            "customer": customer,
            "customer_creation": form.get("customer_creation", "if_required"),
            "customer_details": {"email": form.get("customer_email")},
            "expires_at": ends_at,
            "locale": form.get("locale"),
            "metadata": form.get("metadata") or {},
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form["success_url"],
            "url": f"{self._page_url}/c/pay/{number}",
            "_asked_of_intent": form.get("payment_intent_data") or {},
            "_item": name,
        }
        books.store.add(SESSION, number, session)
        return session

    def _total(self, form: Mapping[str, Any]) -> tuple[int, str]:
        items = form.get("line_items")
        if not isinstance(items, list) or not items:
            raise invalid("Missing required param: line_items.", param="line_items")
        total = 0
        for item in items:
            price = item.get("price_data") or {}
            if price.get("currency") != "vnd":
                raise invalid("Invalid currency", param="line_items[0][price_data][currency]")
            unit, quantity = whole(price.get("unit_amount")), whole(item.get("quantity"))
            if unit is None or quantity is None or quantity < 1:
                raise invalid("Invalid integer", param="line_items[0][quantity]")
            total += unit * quantity
        name = str(((items[0].get("price_data") or {}).get("product_data") or {}).get("name") or "")
        return self._books.check_amount(total, "line_items"), name

    def expire(self, session: Json, reason: str = "abandoned") -> Json:
        """End a session; its intent, if a card was tried, ends with it."""
        if session["status"] != "open":
            raise invalid(
                f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a'
                f" status of `{session['status']}`."
            )
        if session["payment_intent"]:
            intent = self._books.need(INTENT, session["payment_intent"])
            if intent["status"] not in {"succeeded", "canceled", "requires_capture"}:
                self._books.cancel(intent, reason)
        session = self._books.change(session, status="expired", url=None)
        self._books.emit("checkout.session.expired", session)
        return session

    def expire_old(self) -> None:
        for session in self._books.store.find(SESSION, status="open"):
            if session["expires_at"] <= self._books.now():
                self.expire(session)

    # --- What the payer does --------------------------------------------------------------------
    def pay(self, session: Json, token: str) -> Json:
        """Let the payer use a card; the session is complete, waits for a code, or stays open after a refusal."""
        books = self._books
        card = CARDS[token]
        intent = books.need(INTENT, session["payment_intent"]) if session["payment_intent"] else None
        if intent is None:
            asked = session["_asked_of_intent"]
            customer = session["customer"]
            if customer is None and session["customer_creation"] == "always":
                customer = books.new_customer(session["customer_details"]["email"] or "")["id"]
            intent = books.new_intent(
                amount=session["amount_total"],
                capture_method=asked.get("capture_method"),
                customer=customer,
                description=asked.get("description"),
                metadata=asked.get("metadata") or {},
                setup_future_usage=asked.get("setup_future_usage"),
            )
            session = books.change(session, payment_intent=intent["id"], customer=customer)
        keeps = intent["setup_future_usage"] and session["customer"]
        method = books.new_method(card, session["customer"] if keeps else None)
        intent = books.attempt(intent, method, off_session=False)
        return self._follow(session, intent)

    def answer_code(self, session: Json, *, is_right: bool) -> Json:
        """Let the payer enter the code that the bank sent, or fail to."""
        books = self._books
        intent = books.need(INTENT, session["payment_intent"] or "")
        if intent["status"] != "requires_action":
            return session
        method = books.need(METHOD, intent["payment_method"])
        if is_right:
            intent = books.attempt(intent, method, off_session=False, is_authenticated=True)
        else:
            intent = books.refuse(intent, method, "payment_intent_authentication_failure")
        return self._follow(session, intent)

    def _follow(self, session: Json, intent: Json) -> Json:
        if intent["status"] not in {"succeeded", "requires_capture"}:
            return session
        paid = "paid" if intent["status"] == "succeeded" else "unpaid"
        session = self._books.change(session, status="complete", payment_status=paid, url=None)
        self._books.emit("checkout.session.completed", session)
        return session
