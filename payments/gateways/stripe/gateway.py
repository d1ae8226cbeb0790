"""The Stripe gateway: cards on Stripe's own page, holds on kept cards, and what the webhook says of them.

The payer is sent to Stripe's hosted page, so no card number and no script of Stripe's ever comes to us. VoltGo
charges there, charges and lets Stripe keep the card for the deposit, or holds.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from payments.gateways.base import (
    Capabilities,
    FactKind,
    FactOutcome,
    ForgetRequest,
    GatewayDefaults,
    HoldAction,
    HoldRequest,
    Incoming,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    SettledLine,
    StartRequest,
)
from payments.gateways.errors import GatewayUnavailable, HoldRefused, OutcomeUnknown, SignatureInvalid
from payments.gateways.stripe import events, judging, protocol, settlement
from payments.gateways.stripe.client import Client, Refused, segment
from payments.gateways.stripe.protocol import CHARGE, CHARGE_AND_KEEP, HOLD, HOLD_KEPT, Json
from voltgo.core import clock

logger = logging.getLogger(__name__)

SESSIONS = "/v1/checkout/sessions"
INTENTS = "/v1/payment_intents"
REFUNDS = "/v1/refunds"
METHODS = "/v1/payment_methods"
# A session outlives our attempt: Stripe wants half an hour from the moment it creates it, and the same start
# repeated at the end of an attempt of one hour must name the same moment. We end it ourselves, see `fetch`.
SESSION_LIVES = timedelta(minutes=90)
# How far the two clocks may differ when an object is looked for by the time of its creation.
CLOCK_SLACK = timedelta(minutes=5)
INDEX_LAGS = timedelta(hours=1)
WITH_CHARGE = {"expand": ["latest_charge"]}
OPEN = "open"
TOO_LATE = "charge_expired_for_capture"


@dataclass(frozen=True, slots=True)
class StripeGateway(GatewayDefaults):
    """Stripe for one account."""

    api_url: str
    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    code: ClassVar[str] = judging.PROVIDER
    label: ClassVar[str] = "Stripe"
    capabilities: ClassVar[Capabilities] = Capabilities(
        min_amount=protocol.MIN_AMOUNT,
        max_amount=protocol.MAX_AMOUNT,
        hold=True,
        partial_capture=True,
        reuse=True,
        calls_to_start=True,
        settlement_file=True,
        cancel=True,
    )

    @classmethod
    def from_settings(cls) -> "StripeGateway":
        options = settings.STRIPE
        return cls(
            api_url=options["API_URL"].rstrip("/"),
            key=options["SECRET_KEY"],
            webhook_secret=options["WEBHOOK_SECRET"],
        )

    @property
    def hint(self) -> str:
        return _("Thẻ quốc tế Visa, Mastercard, JCB, American Express")

    @property
    def merchant(self) -> str:
        """Whose money it is: a message of Stripe's test mode says nothing about real payments."""
        return judging.LIVE if self.key.startswith(("sk_live_", "rk_live_")) else judging.TEST

    @property
    def _client(self) -> Client:
        return Client(self.api_url, self.key)

    # --- Paying ---------------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Redirect:
        try:
            session = self._client.post(
                SESSIONS, _session_of(request), idempotency_key=f"{request.merchant_ref}:start"
            )
        except Refused as refusal:
            logger.error("ALERT Stripe opens no page for %s: %s", request.merchant_ref, refusal)
            raise GatewayUnavailable(code=refusal.short_code) from refusal
        except OutcomeUnknown as unknown:
            if unknown.details.get("code") != "idempotency_error":
                raise
            # The first try came through with other words, in another language for example: go on with it.
            found = self._session(request.merchant_ref, request.created_at)
            if found is None or found.get("status") != OPEN:
                raise
            session = found
        url = session.get("url")
        if not isinstance(url, str) or not url:
            raise OutcomeUnknown(code="no_page")
        return Redirect(url, session_ref=str(session["id"]))

    def parse_event(self, message: Incoming) -> tuple[ProviderFact, ...]:
        """Read a webhook. Asks Stripe for what an event leaves out: the card, a hold's end, a dispute's payment."""
        header = next(
            (value for name, value in message.headers.items() if name.lower() == "stripe-signature"), ""
        )
        if not protocol.verify(header, message.body, self.webhook_secret, clock.now()):
            raise SignatureInvalid
        return events.facts_of(message.json(), self._intent)

    def dedup_key(self, message: Incoming) -> str:
        return str(message.json().get("id") or "")[:200]

    def returned_ref(self, parameters: Mapping[str, str]) -> str:
        return parameters.get("ref", "")

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        """Say that the payer is back. Stripe signs nothing here, so nothing more can be known."""
        return ProviderFact(self.code, FactKind.PENDING, self.returned_ref(parameters))

    # --- Asking ---------------------------------------------------------------------------------
    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        """Ask how an attempt stands, and end it at Stripe once it is over at ours.

        Stripe lets nobody open a page for less than half an hour, and our attempts are shorter. So the session
        carries our own end in its metadata, and the first question after it expires the session: from then on
        nobody can pay late. If the payer was quicker the session is complete, and the money is told as it came.
        """
        session = self._session_for(request)
        if session is None:
            return (ProviderFact(self.code, FactKind.NOT_FOUND, request.merchant_ref),)
        if session.get("status") == OPEN and _is_over(session):
            session = self._expire(session, request.merchant_ref)
        return (self._judge_session(session),)

    def cancel(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        """Close the page of an attempt that the payer gave up; what was paid before stays paid."""
        session = self._session_for(request)
        if session is None:
            return (ProviderFact(self.code, FactKind.NOT_FOUND, request.merchant_ref),)
        if session.get("status") == OPEN:
            session = self._expire(session, request.merchant_ref)
        return (self._judge_session(session),)

    def _judge_session(self, session: Mapping[str, Any]) -> ProviderFact:
        number = str(session.get("payment_intent") or "")
        if session.get("status") == "expired" or not number:
            return judging.judge_session(session)
        intent = self._intent(number)
        return judging.judge_intent(intent) if session.get("status") == OPEN else judging.judge_unpaid(intent)

    def _session_for(self, request: QueryRequest) -> Json | None:
        if not request.session_ref:
            return self._session(request.merchant_ref, request.created_at)
        try:
            return self._client.get(f"{SESSIONS}/{segment(request.session_ref)}")
        except Refused as refusal:
            raise OutcomeUnknown(code=refusal.short_code) from refusal

    def _session(self, merchant_ref: str, created_at: datetime) -> Json | None:
        """Look for the session of an attempt whose start was never answered."""
        since = int((created_at - CLOCK_SLACK).timestamp())
        until = int((created_at + SESSION_LIVES).timestamp())
        for session in self._each(SESSIONS, {"created": {"gte": since, "lte": until}}):
            if session.get("client_reference_id") == merchant_ref:
                return session
        return None

    def _expire(self, session: Json, merchant_ref: str) -> Json:
        path = f"{SESSIONS}/{segment(str(session['id']))}"
        try:
            return self._client.post(f"{path}/expire", {}, idempotency_key=f"{merchant_ref}:expire")
        except Refused:
            # The payer was quicker: the session is complete by now.
            return self._get(path)

    def _intent(self, number: str) -> Json:
        """Return a payment intent with its charge."""
        return self._get(f"{INTENTS}/{segment(number)}", WITH_CHARGE)

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Json:
        try:
            return self._client.get(path, parameters)
        except Refused as refusal:
            raise OutcomeUnknown(code=refusal.short_code) from refusal

    def _each(self, path: str, parameters: Mapping[str, Any]) -> Iterator[Json]:
        try:
            yield from self._client.each(path, parameters)
        except Refused as refusal:
            raise OutcomeUnknown(code=refusal.short_code) from refusal

    # --- Returning money ------------------------------------------------------------------------
    def refund(self, request: RefundRequest) -> ProviderFact:
        parameters = {
            "payment_intent": request.provider_ref,
            "amount": request.amount,
            "metadata": {
                protocol.REQUEST_ID: request.request_id,
                protocol.MERCHANT_REF: request.merchant_ref,
            },
        }
        try:
            answer = self._client.post(REFUNDS, parameters, idempotency_key=request.request_id)
        except Refused as refusal:
            return ProviderFact(
                self.code,
                FactKind.REFUND_FAILED,
                request.request_id,
                merchant=self.merchant,
                code=refusal.short_code[: judging.LONGEST_CODE],
            )
        return judging.judge_refund(answer)

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        if request.refund_ref:
            return judging.judge_refund(self._get(f"{REFUNDS}/{segment(request.refund_ref)}"))
        for refund in self._each(REFUNDS, {"payment_intent": request.provider_ref}):
            if (refund.get("metadata") or {}).get(protocol.REQUEST_ID) == request.request_id:
                return judging.judge_refund(refund)
        return ProviderFact(self.code, FactKind.REFUND_NOT_FOUND, request.request_id)

    # --- Holding --------------------------------------------------------------------------------
    def hold(self, request: HoldRequest) -> ProviderFact:
        parameters = {
            "amount": request.amount,
            "currency": protocol.CURRENCY,
            "customer": request.customer_ref,
            "payment_method": request.method_ref,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "off_session": True,
            "description": request.description[:200],
            "metadata": {protocol.MERCHANT_REF: request.merchant_ref, protocol.USE: HOLD_KEPT},
            **WITH_CHARGE,
        }
        try:
            intent = self._client.post(INTENTS, parameters, idempotency_key=f"{request.merchant_ref}:hold")
        except Refused as refusal:
            return judging.refused_intent(refusal, request.merchant_ref, self.merchant)
        fact = judging.judge_intent(intent)
        if intent.get("status") == "requires_action":
            # The bank wants to see the payer, who is not here.
            return judging.refused_hold(fact, {"code": "authentication_required"})
        return fact

    def capture(self, action: HoldAction) -> ProviderFact:
        """Take a part or all; Stripe frees the rest at once, so there is one capture for each hold."""
        parameters = {"amount_to_capture": action.amount, **WITH_CHARGE}
        return self._act(action, "capture", parameters)

    def void(self, action: HoldAction) -> ProviderFact:
        return self._act(action, "cancel", dict(WITH_CHARGE))

    def _act(self, action: HoldAction, verb: str, parameters: Mapping[str, Any]) -> ProviderFact:
        """Do something with a hold, or tell how it ended if it has ended before."""
        number = action.provider_ref or self._number_of(action)
        if not number:
            return ProviderFact(self.code, FactKind.HOLD_NOT_FOUND, action.merchant_ref)
        path = f"{INTENTS}/{segment(number)}"
        try:
            intent = self._client.post(f"{path}/{verb}", parameters, idempotency_key=action.request_id)
        except Refused as refusal:
            fact = self._hold_fact(self._get(path, WITH_CHARGE), action)
            if refusal.code == TOO_LATE and fact.kind is FactKind.AUTHORIZED:
                # The bank let go before Stripe has written it down.
                return replace(fact, kind=FactKind.HOLD_ENDED, amount=None, code=TOO_LATE)
            if fact.kind is FactKind.AUTHORIZED:
                # It still stands: what we asked for was wrong, such as more than is held.
                raise HoldRefused(code=refusal.short_code) from refusal
            return fact
        return self._hold_fact(intent, action)

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        number = action.provider_ref or self._number_of(action)
        if not number:
            return ProviderFact(self.code, FactKind.HOLD_NOT_FOUND, action.merchant_ref)
        return self._hold_fact(self._intent(number), action)

    def _hold_fact(self, intent: Mapping[str, Any], action: HoldAction) -> ProviderFact:
        return replace(judging.judge_intent(intent), merchant_ref=action.merchant_ref)

    def _number_of(self, action: HoldAction) -> str:
        """Look for the payment intent of a hold whose making was never answered; "" if there is none.

        By Stripe's search, which may lag behind by an hour on a bad day; so what is newer is looked through.
        """
        found = self._get(f"{INTENTS}/search", {"query": f"metadata['merchant_ref']:'{action.merchant_ref}'"})
        since = clock.now() - INDEX_LAGS
        if action.created_at is not None:
            since = max(since, action.created_at - CLOCK_SLACK)
        recent = self._each(INTENTS, {"created": {"gte": int(since.timestamp())}})
        for intent in chain(found.get("data") or (), recent):
            if judging.merchant_ref_of(intent) == action.merchant_ref:
                return str(intent["id"])
        return ""

    def forget(self, request: ForgetRequest) -> None:
        """Detach a card from its customer: Stripe lets nobody charge it any more, and nothing attaches it again."""
        path = f"{METHODS}/{segment(request.method_ref)}"
        try:
            self._client.post(f"{path}/detach", {}, idempotency_key=request.request_id)
        except Refused as refusal:
            if self._is_kept(path):
                raise OutcomeUnknown(code=refusal.short_code) from refusal

    def _is_kept(self, path: str) -> bool:
        try:
            return bool(self._client.get(path).get("customer"))
        except Refused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return False
            raise OutcomeUnknown(code=refusal.short_code) from refusal

    # --- Files and answers ----------------------------------------------------------------------
    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        return settlement.parse(content)

    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        """Answer 200 also to what is none of ours: Stripe tries again for three days and then gives us up."""
        return JsonResponse({"received": outcome is not None}, status=500 if outcome is None else 200)

    def refuse(self) -> HttpResponse:
        return JsonResponse({"received": False}, status=400)


def _session_of(request: StartRequest) -> dict[str, Any]:
    """Return what Stripe shall show; the same for the same attempt, whenever it is asked."""
    use = HOLD if request.is_hold else (CHARGE_AND_KEEP if request.keeps_instrument else CHARGE)
    metadata = {protocol.MERCHANT_REF: request.merchant_ref, protocol.USE: use}
    intent: dict[str, Any] = {"description": request.description[:200], "metadata": metadata}
    if request.is_hold:
        intent["capture_method"] = "manual"
    # A hold runs out after days and is then renewed without the payer, so its card is kept too.
    keeps = request.keeps_instrument or request.is_hold
    if keeps:
        intent["setup_future_usage"] = "off_session"
    separator = "&" if "?" in request.return_url else "?"
    back = f"{request.return_url}{separator}{urlencode({'ref': request.merchant_ref})}"
    parameters: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": request.merchant_ref,
        "success_url": back,
        "cancel_url": request.cancel_url or back,
        "expires_at": int(max(request.expires_at, request.created_at + SESSION_LIVES).timestamp()),
        "locale": "en" if request.language.startswith("en") else "vi",
        "payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": protocol.CURRENCY,
                    "unit_amount": request.amount,
                    "product_data": {"name": request.description[:200] or request.merchant_ref},
                },
            }
        ],
        "payment_intent_data": intent,
        "metadata": {**metadata, protocol.PAY_BEFORE: int(request.expires_at.timestamp())},
    }
    if request.customer_ref:
        parameters["customer"] = request.customer_ref
    elif keeps:
        parameters["customer_creation"] = "always"
    if request.email and not request.customer_ref:
        parameters["customer_email"] = request.email
    return parameters


def _is_over(session: Mapping[str, Any]) -> bool:
    """Return whether our own time for this session has passed."""
    pay_before = str((session.get("metadata") or {}).get(protocol.PAY_BEFORE) or "")
    return pay_before.isdecimal() and clock.now().timestamp() > int(pay_before)
