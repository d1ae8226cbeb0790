"""The local Stripe's web server: the API behind a key, the hosted page, webhooks, disputes, settlement files."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django.conf import settings

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.notifier import Mishap, Outgoing
from payments.gateways.sandbox.server import Answer, Request, Route, Sandbox
from payments.gateways.sandbox.store import Row, Store
from payments.gateways.stripe import protocol, settlement
from payments.gateways.stripe.protocol import Json
from payments.gateways.stripe.sandbox import page
from payments.gateways.stripe.sandbox.books import (
    BALANCE,
    CHARGE,
    DISPUTE,
    EVENT,
    INTENT,
    METHOD,
    REFUND,
    Books,
    shown,
)
from payments.gateways.stripe.sandbox.cards import CARDS
from payments.gateways.stripe.sandbox.errors import INVALID, ApiError, declined, invalid
from payments.gateways.stripe.sandbox.forms import decode, whole
from payments.gateways.stripe.sandbox.replays import Replays
from payments.gateways.stripe.sandbox.sessions import SESSION, Sessions
from voltgo.core.clock import LOCAL_ZONE

Form = Mapping[str, Any]
Call = Callable[[Mapping[str, str], Form], Json]
LARGEST_PAGE = 100
SHOWN = 15
SWEEP = "sweep"
SEARCH = re.compile(r"metadata\['(\w+)'\]:'([^']*)'")
_KINDS = {
    "charge": LineKind.PAYMENT,
    "partial_capture_reversal": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "dispute": LineKind.CHARGEBACK,
    "dispute_reversal": LineKind.CHARGEBACK,
}


class StripeSandbox(Sandbox):
    """One account of a local Stripe."""

    name: ClassVar[str] = "stripe"
    label: ClassVar[str] = "Stripe"
    most_tries = 16

    def __init__(
        self,
        *,
        key: str,
        webhook_secret: str,
        webhook_url: str,
        port: int = 0,
        store: Store | None = None,
        interval_seconds: float = 5.0,
        control: Control | None = None,
    ) -> None:
        self._key = key
        self._webhook_secret = webhook_secret
        super().__init__(
            webhook_url=webhook_url,
            port=port,
            store=store,
            interval_seconds=interval_seconds,
            control=control,
        )
        self.books = Books(self.store, self.control)
        self.sessions = Sessions(self.books, self.url)
        self._replays = Replays(self.store)

    # --- Routes ---------------------------------------------------------------------------------
    def routes(self) -> Sequence[Route]:
        calls: tuple[tuple[str, str, Call], ...] = (
            ("POST", "/v1/checkout/sessions", lambda _at, form: self.sessions.create(form)),
            ("GET", "/v1/checkout/sessions", self._list_of(SESSION)),
            ("GET", "/v1/checkout/sessions/{id}", self._get_of(SESSION)),
            ("POST", "/v1/checkout/sessions/{id}/expire", self._expire_session),
            ("POST", "/v1/payment_intents", self._create_intent),
            ("GET", "/v1/payment_intents", self._list_of(INTENT, "customer")),
            ("GET", "/v1/payment_intents/search", self._search_intents),
            ("GET", "/v1/payment_intents/{id}", self._get_of(INTENT)),
            ("POST", "/v1/payment_intents/{id}/confirm", self._confirm_intent),
            ("POST", "/v1/payment_intents/{id}/capture", self._capture_intent),
            ("POST", "/v1/payment_intents/{id}/cancel", self._cancel_intent),
            ("GET", "/v1/payment_methods/{id}", self._get_of(METHOD)),
            ("POST", "/v1/payment_methods/{id}/detach", self._detach_method),
            ("POST", "/v1/refunds", self._create_refund),
            ("GET", "/v1/refunds", self._list_of(REFUND, "payment_intent", "charge")),
            ("GET", "/v1/refunds/{id}", self._get_of(REFUND)),
            ("GET", "/v1/charges", self._list_of(CHARGE, "payment_intent")),
            ("GET", "/v1/charges/{id}", self._get_of(CHARGE)),
            ("GET", "/v1/disputes/{id}", self._get_of(DISPUTE)),
            ("GET", "/v1/events", self._list_of(EVENT, "type")),
            ("GET", "/v1/events/{id}", self._get_of(EVENT)),
            ("GET", "/v1/balance_transactions", self._list_of(BALANCE, "source")),
        )
        return (
            *(Route(method, path, self._api(call), is_api=True) for method, path, call in calls),
            Route("GET", "/c/pay/{id}", self._show_page),
            Route("POST", "/c/pay/{id}", self._use_page),
            Route("GET", "/3ds/{id}", self._show_code),
            Route("POST", "/3ds/{id}", self._answer_code),
            Route("POST", "/_dispute", self._open_dispute),
            Route("POST", "/_dispute/{id}/close", self._close_dispute),
        )

    def _api(self, call: Call) -> Callable[[Request], Answer]:
        """Wrap a call of the API: its key, its idempotency key, errors as Stripe writes them, then the events."""

        def handler(request: Request) -> Answer:
            headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": protocol.VERSION}
            given = request.headers.get("authorization", "")
            if not secrets.compare_digest(given.encode(), f"Bearer {self._key}".encode()):
                refusal = ApiError(401, INVALID, "Invalid API Key provided.")
                return Answer.json(refusal.body, 401, headers)
            with self.store.transaction():
                self._sweep()
                status, answer, is_replay = self._answer_once(request, call)
            self._tell(is_payer_waiting=False)
            if is_replay:
                headers["Idempotent-Replayed"] = "true"
            self.store.note("api", call=f"{request.method} {request.path}", status=status, replayed=is_replay)
            return Answer.json(answer, status, headers)

        return handler

    def _answer_once(self, request: Request, call: Call) -> tuple[int, Json, bool]:
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        try:
            if key:
                before = self._replays.find(key, request.path, request.body)
                if before is not None:
                    return *before, True
            text = request.body.decode() if request.method == "POST" else self._query_of(request)
            status, answer = 200, call(request.params, decode(text))
        except ApiError as refusal:
            status, answer = refusal.status, refusal.body
        if key:
            self._replays.keep(key, request.path, request.body, status, answer)
        return status, answer, False

    def _query_of(self, request: Request) -> str:
        return protocol.encode(request.query)

    def _sweep(self) -> None:
        """Do what time alone does. Inside a transaction."""
        self.books.end_old_holds()
        self.books.end_refunds()
        self.sessions.expire_old()

    def _tell(self, *, is_payer_waiting: bool) -> None:
        """Send what has just happened; the payer goes back only when it was sent once."""
        for number in self.books.fresh_events():
            if is_payer_waiting:
                self.announce(number)
            else:
                delay = self.control.delay_ms / 1000
                copies = 1 + self.control.duplicate
                self.notifier.announce(number, {}, delay_seconds=delay, copies=copies)

    # --- Reading --------------------------------------------------------------------------------
    def _get_of(self, kind: str) -> Call:
        return lambda at, form: self._expanded(self.books.need(kind, at["id"]), form)

    def _list_of(self, kind: str, *filters: str) -> Call:
        def call(_at: Mapping[str, str], form: Form) -> Json:
            wanted = {name: form[name] for name in filters if name in form}
            rows = list(reversed(self.store.find(kind, **wanted)))
            created = form.get("created")
            if isinstance(created, dict):
                least, most = whole(created.get("gte", "0")) or 0, whole(created.get("lte", "")) or 10**12
                rows = [row for row in rows if least <= row["created"] <= most]
            after = form.get("starting_after")
            if after:
                numbers = [row["id"] for row in rows]
                rows = rows[numbers.index(after) + 1 :] if after in numbers else []
            limit = min(whole(form.get("limit", "10")) or 10, LARGEST_PAGE)
            return {
                "object": "list",
                "data": [self._expanded(row, form, "data.") for row in rows[:limit]],
                "has_more": len(rows) > limit,
            }

        return call

    def _search_intents(self, _at: Mapping[str, str], form: Form) -> Json:
        found = SEARCH.fullmatch(str(form.get("query") or ""))
        if found is None:
            raise invalid("We were unable to parse your search query.", param="query")
        name, value = found.groups()
        rows = [row for row in self.store.find(INTENT) if row["metadata"].get(name) == value]
        return {
            "object": "search_result",
            "data": [self._expanded(row, form) for row in rows],
            "has_more": False,
        }

    def _expanded(self, thing: Json, form: Form, prefix: str = "") -> Json:
        thing = shown(thing)
        wanted = form.get("expand") or []
        charge = thing.get("latest_charge")
        if f"{prefix}latest_charge" in wanted and charge:
            thing["latest_charge"] = shown(self.books.need(CHARGE, charge))
        return thing

    # --- Payment intents, refunds, sessions -------------------------------------------------------
    def _create_intent(self, _at: Mapping[str, str], form: Form) -> Json:
        books = self.books
        amount = books.check_amount(whole(form.get("amount")), "amount")
        if form.get("currency") != protocol.CURRENCY:
            raise invalid("Invalid currency", param="currency")
        customer = form.get("customer")
        if customer:
            books.need("customer", customer)
        wants = form.get("payment_method")
        method = books.method(wants) if wants else None
        if method is not None and method["customer"] != customer and wants not in CARDS:
            raise invalid("The payment method does not belong to the customer.", param="payment_method")
        intent = books.new_intent(
            amount=amount,
            capture_method=form.get("capture_method"),
            customer=customer,
            description=form.get("description"),
            metadata=form.get("metadata"),
            setup_future_usage=form.get("setup_future_usage"),
        )
        if form.get("confirm") != "true" or method is None:
            return self._expanded(intent, form)
        return self._confirmed(intent, method, form)

    def _confirm_intent(self, at: Mapping[str, str], form: Form) -> Json:
        intent = self.books.need(INTENT, at["id"])
        method = self.books.method(str(form.get("payment_method") or intent["payment_method"] or ""))
        if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
            raise invalid("This PaymentIntent cannot be confirmed.", code="payment_intent_unexpected_state")
        return self._confirmed(intent, method, form)

    def _confirmed(self, intent: Json, method: Json, form: Form) -> Json:
        intent = self.books.attempt(intent, method, off_session=form.get("off_session") == "true")
        if intent["status"] == "requires_payment_method":
            error = intent["last_payment_error"]
            raise declined(error["decline_code"] or error["code"], shown(intent))
        return self._expanded(intent, form)

    def _capture_intent(self, at: Mapping[str, str], form: Form) -> Json:
        wanted = whole(form["amount_to_capture"]) if "amount_to_capture" in form else None
        return self._expanded(self.books.capture(self.books.need(INTENT, at["id"]), wanted), form)

    def _cancel_intent(self, at: Mapping[str, str], form: Form) -> Json:
        reason = form.get("cancellation_reason") or "requested_by_customer"
        return self._expanded(self.books.cancel(self.books.need(INTENT, at["id"]), reason), form)

    def _detach_method(self, at: Mapping[str, str], _form: Form) -> Json:
        return shown(self.books.detach(self.books.need(METHOD, at["id"])))

    def _create_refund(self, _at: Mapping[str, str], form: Form) -> Json:
        intent = self.books.need(INTENT, str(form.get("payment_intent") or ""))
        wanted = whole(form["amount"]) if "amount" in form else None
        refund = self.books.refund(intent, wanted, form.get("metadata") or {})
        if refund["status"] == "pending":
            # Comes back to finish it, should nobody ask.
            delay = self.control.refund_seconds
            self.notifier.announce(f"{SWEEP}:{refund['id']}", {SWEEP: True}, delay_seconds=delay)
        return shown(refund)

    def _expire_session(self, at: Mapping[str, str], _form: Form) -> Json:
        return shown(self.sessions.expire(self.books.need(SESSION, at["id"])))

    # --- The hosted page ------------------------------------------------------------------------
    def _session_at(self, request: Request) -> Json | None:
        with self.store.transaction():
            self._sweep()
            return self.store.get(SESSION, request.params["id"])

    def _show_page(self, request: Request) -> Answer:
        session = self._session_at(request)
        if session is None or session["status"] != "open":
            return Answer.html(page.closed_page(session), 404 if session is None else 200)
        if self.control.outcome:
            return self._chosen(session, self.control.outcome)
        return Answer.html(page.pay_page(session, was_declined="declined" in request.query))

    def _use_page(self, request: Request) -> Answer:
        session = self._session_at(request)
        if session is None or session["status"] != "open":
            return Answer.html(page.closed_page(session), 404)
        return self._chosen(session, request.form().get("outcome", ""))

    def _chosen(self, session: Json, outcome: str) -> Answer:
        if outcome == page.CANCEL:
            return Answer.redirect(session["cancel_url"] or session["success_url"])
        if outcome not in CARDS:
            return Answer.html(page.closed_page(session), 400)
        with self.store.transaction():
            session = self.sessions.pay(session, outcome)
        return self._onward(session)

    def _show_code(self, request: Request) -> Answer:
        session = self._session_at(request)
        is_open = session is not None and session["status"] == "open"
        return Answer.html(page.code_page(session) if session and is_open else page.closed_page(session))

    def _answer_code(self, request: Request) -> Answer:
        session = self._session_at(request)
        if session is None or session["status"] != "open":
            return Answer.html(page.closed_page(session), 404)
        with self.store.transaction():
            is_right = request.form().get("outcome") == page.APPROVE
            session = self.sessions.answer_code(session, is_right=is_right)
        return self._onward(session)

    def _onward(self, session: Json) -> Answer:
        """Send the payer on: back to the portal, to the bank's page, or to the page again."""
        self._tell(is_payer_waiting=True)
        if session["status"] == "complete":
            address = str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
            return Answer.redirect(address)
        intent = self.store.get(INTENT, session["payment_intent"] or "") or {}
        if intent.get("status") == "requires_action":
            return Answer.redirect(f"/3ds/{session['id']}")
        return Answer.redirect(f"/c/pay/{session['id']}?declined=1")

    # --- Disputes -------------------------------------------------------------------------------
    def _open_dispute(self, request: Request) -> Answer:
        wanted = _wanted(request)
        return self._let_bank(
            request,
            lambda: self.books.dispute(
                self.books.need(CHARGE, self.books.need(INTENT, wanted["payment_intent"])["latest_charge"]),
                wanted.get("reason", "fraudulent"),
                is_inquiry=bool(wanted.get("inquiry")),
            ),
        )

    def _close_dispute(self, request: Request) -> Answer:
        status, dispute = _wanted(request).get("status", ""), request.params["id"]
        return self._let_bank(
            request, lambda: self.books.close_dispute(self.books.need(DISPUTE, dispute), status)
        )

    def _let_bank(self, request: Request, call: Callable[[], Json]) -> Answer:
        try:
            with self.store.transaction():
                thing = call()
        except ApiError as refusal:
            return Answer.json(refusal.body, refusal.status)
        self._tell(is_payer_waiting=True)
        return Answer(303, headers={"Location": "/"}) if _is_form(request) else Answer.json(shown(thing))

    def overview(self) -> str:
        return page.overview(self.store.find(INTENT)[: -SHOWN - 1 : -1], self.store.find(DISPUTE))

    # --- Webhooks and files ---------------------------------------------------------------------
    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        if data.get(SWEEP):
            with self.store.transaction():
                self._sweep()
            self._tell(is_payer_waiting=False)
            return None
        event = shown(self.books.need(EVENT, about))
        if mishap.wrong_amount:
            _spoil(event["data"]["object"])
        body = Answer.json(event).body
        timestamp = int(datetime.now(UTC).timestamp())
        signature = mishap.sign(protocol.sign(body, timestamp, self._webhook_secret))
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={timestamp},v1={signature}"}
        return Outgoing("POST", self.webhook_url, body, headers)

    def settled_on(self, day: date) -> Sequence[SettledLine]:
        rows = self.store.find(BALANCE)
        return [self._line(row) for row in rows if _day(row) == day]

    def _line(self, row: Json) -> SettledLine:
        category, source = row["reporting_category"], row["source"]
        kind = _KINDS[category]
        number, reference = source, ""
        if kind is LineKind.REFUND:
            reference = self.books.need(REFUND, source)["metadata"].get(protocol.REQUEST_ID, "")
        else:
            charge = source if kind is LineKind.PAYMENT else self.books.need(DISPUTE, source)["charge"]
            charged = self.books.need(CHARGE, charge)
            reference = charged["metadata"].get(protocol.MERCHANT_REF, "")
            number = charged["payment_intent"] if kind is LineKind.PAYMENT else source
        return SettledLine(
            kind=kind,
            provider_ref=number,
            merchant_ref=reference,
            amount=row["amount"],
            fee=row["fee"],
            occurred_at=datetime.fromisoformat(row["_at"]),
            raw=f"{category} {row['id']}",
        )

    def settlement_file(self, lines: Sequence[SettledLine]) -> bytes:
        """Write the report, and at its end the payout of all that stands in it."""
        written = list(lines)
        total = sum(line.amount - line.fee for line in written)
        if total > 0:
            last = max(line.occurred_at for line in written)
            number = f"po_{last:%Y%m%d}"
            written.append(SettledLine(LineKind.PAYOUT, number, "", -total, 0, last, f"payout txn_{number}"))
        return settlement.write(written)


def from_settings(*, webhook_url: str, port: int, store: Store, interval_seconds: float) -> StripeSandbox:
    """Return the sandbox that takes the settings' keys."""
    return StripeSandbox(
        key=settings.STRIPE["SECRET_KEY"],
        webhook_secret=settings.STRIPE["WEBHOOK_SECRET"],
        webhook_url=webhook_url,
        port=port,
        store=store,
        interval_seconds=interval_seconds,
    )


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _wanted(request: Request) -> dict[str, Any]:
    return dict(request.form()) if _is_form(request) else request.json()


def _day(row: Json) -> date:
    return datetime.fromisoformat(row["_at"]).astimezone(LOCAL_ZONE).date()


def _spoil(thing: Json) -> None:
    """Name another amount."""
    for name in ("amount", "amount_received", "amount_capturable", "amount_captured", "amount_total"):
        if thing.get(name):
            thing[name] += 1_000
