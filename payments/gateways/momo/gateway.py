"""The MoMo gateway: the protocol over the network."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.gateways import settlement_file
from payments.gateways.base import (
    Capabilities,
    FactKind,
    FactOutcome,
    GatewayDefaults,
    HoldAction,
    Incoming,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    SettledLine,
    StartRequest,
)
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SignatureInvalid
from payments.gateways.momo import protocol
from voltgo.core import http

logger = logging.getLogger(__name__)

# MoMo asks its callers to wait for at least half a minute.
TIMEOUT = httpx.Timeout(35.0, connect=3.0)
WALLET = "captureWallet"
# What MoMo need not tell us again: it is written down, or we ask about it ourselves.
TAKEN = frozenset(
    {
        FactOutcome.RECORDED,
        FactOutcome.REPEATED,
        FactOutcome.SURPLUS,
        FactOutcome.PARTIAL,
        FactOutcome.IGNORED,
        FactOutcome.UNDECIDED,
    }
)
REFUSED = frozenset(
    {FactOutcome.UNKNOWN_REFERENCE, FactOutcome.AMOUNT_MISMATCH, FactOutcome.MERCHANT_MISMATCH}
)
# These name an amount that must be right; the others tell that nothing came.
NAMING_AN_AMOUNT = frozenset(
    {FactKind.SUCCEEDED, FactKind.AUTHORIZED, FactKind.HOLD_CAPTURED, FactKind.REVIEW, FactKind.FAILED}
)

OVER = frozenset({FactKind.HOLD_CAPTURED, FactKind.HOLD_ENDED})

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MoMoGateway(GatewayDefaults):
    """MoMo for one partner code. It holds an amount in the wallet, and takes all of it or none.

    The lifetime of a hold is not published: whether it still stands is asked, never reckoned.
    """

    merchant: str
    access_key: str = field(repr=False)
    secret: str = field(repr=False)
    api_url: str
    ipn_url: str
    code: ClassVar[str] = "momo"
    label: ClassVar[str] = "MoMo"
    capabilities: ClassVar[Capabilities] = Capabilities(
        min_amount=protocol.MIN_AMOUNT,
        max_amount=protocol.MAX_AMOUNT,
        hold=True,
        calls_to_start=True,
        settlement_file=True,
    )

    @property
    def hint(self) -> str:
        return _("Ví MoMo trên điện thoại, tối đa 50 triệu đồng")

    @classmethod
    def from_settings(cls) -> "MoMoGateway":
        options = settings.MOMO
        return cls(
            merchant=options["PARTNER_CODE"],
            access_key=options["ACCESS_KEY"],
            secret=options["SECRET_KEY"],
            api_url=options["API_URL"].rstrip("/"),
            ipn_url=settings.SITE_URL.rstrip("/") + reverse("payments:notification", args=[cls.code]),
        )

    # --- Paying ---------------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Redirect:
        message: dict[str, object] = {
            "partnerCode": self.merchant,
            # The same for every try, so that a repetition leads to the same page.
            "requestId": request.merchant_ref,
            "orderId": request.merchant_ref,
            "amount": request.amount,
            "orderInfo": protocol.plain(request.description) or request.merchant_ref,
            "redirectUrl": request.return_url,
            "ipnUrl": self.ipn_url,
            "requestType": WALLET,
            "extraData": protocol.extra_data(is_hold=request.is_hold),
            "autoCapture": not request.is_hold,
            "lang": "en" if request.language.startswith("en") else "vi",
        }
        answer = self._call(protocol.CREATE_PATH, message, protocol.CREATE_FIELDS)
        code = _code_of(answer)
        if code in protocol.REPEATED or code in protocol.PENDING:
            raise OutcomeUnknown(code=code)
        if code != protocol.SUCCESS:
            # MoMo opened nothing.
            logger.error("ALERT MoMo does not open payments: code %s", code)
            raise GatewayUnavailable(code=code)
        self._require(answer, orderId=request.merchant_ref, amount=request.amount)
        page = str(answer.get("payUrl") or "")
        if _origin(page) != _origin(self.api_url):
            # The browser would not be let there: it is sent to MoMo's own address only.
            logger.error("ALERT MoMo's page lies at an unexpected address")
            raise OutcomeUnknown(code="payUrl")
        return Redirect(page)

    def parse_event(self, message: Incoming) -> tuple[ProviderFact, ...]:
        return (self._told(message.json()),)

    def dedup_key(self, message: Incoming) -> str:
        told = message.json()
        return ":".join(
            str(told.get(name, ""))[:100] for name in ("orderId", "transId", "resultCode", "amount")
        )

    def returned_ref(self, parameters: Mapping[str, str]) -> str:
        return parameters.get("orderId", "")

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        return self._told(parameters)

    def _told(self, told: Answer) -> ProviderFact:
        """Read what MoMo tells by a notification or sends back with the payer's browser."""
        if not protocol.verify(
            {**told, "accessKey": self.access_key}, protocol.NOTIFICATION_FIELDS, self.secret
        ):
            raise SignatureInvalid
        return self._fact(told, is_hold=protocol.is_hold(told.get("extraData")))

    def _fact(self, told: Answer, *, is_hold: bool) -> ProviderFact:
        code = protocol.integer(told.get("resultCode"))
        kind = FactKind.PENDING if code is None else protocol.judge(code, is_hold=is_hold)
        number = str(told.get("transId") or "")
        provider_ref = "" if number == "0" else number
        if kind is FactKind.SUCCEEDED and not provider_ref:
            # Without its number the money could not be told from another payment's.
            kind = FactKind.REVIEW
        return ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=str(told.get("orderId") or ""),
            provider_ref=provider_ref,
            amount=protocol.integer(told.get("amount")) if kind in NAMING_AN_AMOUNT else None,
            merchant=str(told.get("partnerCode") or ""),
            code="" if code is None else str(code),
            occurred_at=protocol.moment(told.get("responseTime")),
            method=_method(told),
            is_under_way=code in protocol.PROCESSING,
            reason=protocol.failure_reason(code) if kind is FactKind.FAILED and code is not None else None,
        )

    # --- Asking ---------------------------------------------------------------------------------
    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        return (self._fetch(request.merchant_ref, is_hold=request.is_hold),)

    def _fetch(self, merchant_ref: str, *, is_hold: bool) -> ProviderFact:
        answer = self._query(merchant_ref)
        if _code_of(answer) == protocol.NOT_FOUND:
            missing = FactKind.HOLD_NOT_FOUND if is_hold else FactKind.NOT_FOUND
            return ProviderFact(self.code, missing, merchant_ref, code=str(protocol.NOT_FOUND))
        return self._fact(answer, is_hold=is_hold)

    def _query(self, merchant_ref: str) -> Answer:
        """Ask how an order stands; raises OutcomeUnknown if the answer is about something else."""
        message: dict[str, object] = {
            "partnerCode": self.merchant,
            "requestId": uuid4().hex,
            "orderId": merchant_ref,
            "lang": "vi",
        }
        answer = self._call(protocol.QUERY_PATH, message, protocol.QUERY_FIELDS)
        code = _code_of(answer)
        if code in protocol.NOT_DONE or code in protocol.REPEATED:
            raise OutcomeUnknown(code=code)
        self._require(answer, orderId=merchant_ref)
        return answer

    # --- Refunds --------------------------------------------------------------------------------
    def refund(self, request: RefundRequest) -> ProviderFact:
        message: dict[str, object] = {
            "partnerCode": self.merchant,
            # A refund is an order of its own.
            "orderId": request.request_id,
            "requestId": request.request_id,
            "amount": request.amount,
            "transId": int(request.provider_ref),
            "lang": "vi",
            "description": "",
        }
        answer = self._call(protocol.REFUND_PATH, message, protocol.REFUND_FIELDS)
        code = _code_of(answer)
        if code in protocol.NOT_DONE - protocol.REFUND_REFUSED:
            logger.error("ALERT MoMo takes no refunds: code %s", code)
            raise GatewayUnavailable(code=code)
        is_known = code in protocol.REFUND_REFUSED or code in protocol.PENDING or code in protocol.REPEATED
        if code != protocol.SUCCESS and not is_known:
            raise OutcomeUnknown(code=code)
        if code == protocol.SUCCESS:
            self._require(answer, orderId=request.request_id, amount=request.amount)
        return self._refund_fact(request, answer)

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        answer = self._query(request.merchant_ref)
        listed = answer.get("refundTrans")
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict) and entry.get("orderId") == request.request_id:
                return self._refund_fact(request, entry)
        return ProviderFact(self.code, FactKind.REFUND_NOT_FOUND, request.request_id)

    def _refund_fact(self, request: RefundRequest, told: Answer) -> ProviderFact:
        code = _code_of(told)
        kind = protocol.judge_refund(code)
        number = str(told.get("transId") or "")
        return ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=request.request_id,
            provider_ref="" if number in {"0", request.provider_ref} else number,
            amount=None if kind is FactKind.REFUND_FAILED else request.amount,
            merchant=self.merchant,
            code=str(code),
        )

    # --- Holds ----------------------------------------------------------------------------------
    def capture(self, action: HoldAction) -> ProviderFact:
        if action.amount != action.held:
            raise ValueError("MoMo takes all of a hold or none of it")
        return self._confirm(action, "capture", FactKind.HOLD_CAPTURED)

    def void(self, action: HoldAction) -> ProviderFact:
        return self._confirm(action, "cancel", FactKind.HOLD_ENDED)

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        return self._fetch(action.merchant_ref, is_hold=True)

    def _confirm(self, action: HoldAction, what: str, done: FactKind) -> ProviderFact:
        message: dict[str, object] = {
            "partnerCode": self.merchant,
            "requestId": action.request_id,
            "orderId": action.merchant_ref,
            "requestType": what,
            "amount": action.held,
            "lang": "vi",
            "description": "",
        }
        answer = self._call(protocol.CONFIRM_PATH, message, protocol.CONFIRM_FIELDS)
        code = _code_of(answer)
        kind = done if code == protocol.SUCCESS else protocol.judge(code, is_hold=True)
        if kind not in OVER:
            return self._asked_instead(action, code)
        if code == protocol.SUCCESS:
            self._require(answer, orderId=action.merchant_ref)
        return ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=action.merchant_ref,
            provider_ref=str(answer.get("transId") or action.provider_ref),
            amount=action.held if kind is FactKind.HOLD_CAPTURED else None,
            merchant=self.merchant,
            code=str(code),
            occurred_at=protocol.moment(answer.get("responseTime")),
        )

    def _asked_instead(self, action: HoldAction, code: int) -> ProviderFact:
        """Find out whether an earlier call did what this one was refused; raises if the hold still stands."""
        asked = self.fetch_hold(action)
        if asked.kind in OVER:
            return asked
        if code in protocol.NOT_DONE and asked.kind is FactKind.AUTHORIZED:
            logger.error("ALERT MoMo does not settle holds: code %s", code)
            raise GatewayUnavailable(code=code)
        raise OutcomeUnknown(code=code)

    # --- Settlement -----------------------------------------------------------------------------
    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        """Read a settlement file in our own layout (`payments.gateways.settlement_file`); MoMo's is not public."""
        return settlement_file.parse(content)

    # --- Answering ------------------------------------------------------------------------------
    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        if outcome in TAKEN:
            return HttpResponse(status=204)
        return HttpResponse(status=400 if outcome in REFUSED else 500)

    def refuse(self) -> HttpResponse:
        return HttpResponse(status=400)

    # --- Over the network -----------------------------------------------------------------------
    def _call(self, path: str, message: Mapping[str, object], fields: tuple[str, ...]) -> Answer:
        """Send one signed message and return MoMo's answer, which carries a result code but no signature."""
        signature = protocol.sign({**message, "accessKey": self.access_key}, fields, self.secret)
        try:
            with http.client() as client:
                response = client.post(
                    f"{self.api_url}{path}", json={**message, "signature": signature}, timeout=TIMEOUT
                )
            if response.is_server_error:
                raise OutcomeUnknown(code=response.status_code)
            parsed = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise GatewayUnavailable from error
        except (httpx.HTTPError, ValueError) as error:
            raise OutcomeUnknown from error
        if not isinstance(parsed, dict) or protocol.integer(parsed.get("resultCode")) is None:
            raise OutcomeUnknown
        return parsed

    def _require(self, answer: Answer, **expected: object) -> None:
        """Refuse to believe an answer that is about something else than what was asked."""
        wrong = [name for name, value in expected.items() if str(answer.get(name)) != str(value)]
        if wrong or answer.get("partnerCode", self.merchant) != self.merchant:
            logger.error("ALERT MoMo's answer is about something else: %s", ", ".join(wrong) or "partnerCode")
            raise OutcomeUnknown


def _code_of(answer: Answer) -> int:
    code = protocol.integer(answer.get("resultCode"))
    # Not in MoMo's list, so it decides nothing.
    return -1 if code is None else code


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def _method(told: Answer) -> str:
    kind = str(told.get("payType") or "")
    return f"MoMo {kind}"[:40] if kind else ""
