"""The VNPay gateway: the protocol over the network."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import uuid4

import httpx
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from payments.gateways import settlement_file
from payments.gateways.base import (
    Capabilities,
    FactKind,
    FactOutcome,
    GatewayDefaults,
    Incoming,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    SettledLine,
    StartRequest,
)
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SignatureInvalid
from payments.gateways.vnpay import protocol
from voltgo.core import clock, http

logger = logging.getLogger(__name__)

NOT_FOUND = "91"
# Refund: "already asked for, being processed".
IN_PROGRESS = "94"
# "Not now" and "other error" leave open whether the refund was taken.
UNCLEAR = frozenset({"16", "99"})
SERVER_ADDRESS = "127.0.0.1"


class NoAnswer(OutcomeUnknown):
    """The request left us and nothing at all came back."""


@dataclass(frozen=True, slots=True)
class VNPayGateway(GatewayDefaults):
    """VNPay for one terminal. VNPay knows no hold: a deposit is charged and returned."""

    merchant: str
    secret: str = field(repr=False)
    pay_url: str
    api_url: str
    code: ClassVar[str] = "vnpay"
    label: ClassVar[str] = "VNPay"
    capabilities: ClassVar[Capabilities] = Capabilities(
        min_amount=1, max_amount=protocol.MAX_AMOUNT, settlement_file=True
    )

    @property
    def hint(self) -> str:
        return _("Thẻ ATM, thẻ quốc tế, tài khoản ngân hàng hoặc mã QR")

    @classmethod
    def from_settings(cls) -> "VNPayGateway":
        options = settings.VNPAY
        return cls(
            merchant=options["TMN_CODE"],
            secret=options["HASH_SECRET"],
            pay_url=options["PAY_URL"],
            api_url=options["API_URL"],
        )

    # --- Paying ---------------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Redirect:
        if not protocol.is_plain(request.return_url):
            raise ValueError("a return address of VNPay carries no query and no special characters")
        parameters = {
            "vnp_Version": protocol.VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self.merchant,
            "vnp_Amount": protocol.to_wire_amount(request.amount),
            "vnp_CreateDate": protocol.to_wire_time(request.created_at),
            "vnp_ExpireDate": protocol.to_wire_time(request.expires_at),
            "vnp_CurrCode": "VND",
            "vnp_IpAddr": request.ip_address or SERVER_ADDRESS,
            "vnp_Locale": "en" if request.language.startswith("en") else "vn",
            "vnp_OrderInfo": protocol.plain(request.description) or request.merchant_ref,
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": request.return_url,
            "vnp_TxnRef": request.merchant_ref,
        }
        return Redirect(protocol.payment_url(self.pay_url, parameters, self.secret))

    def parse_event(self, message: Incoming) -> tuple[ProviderFact, ...]:
        return (self.parse_return(message.query),)

    def returned_ref(self, parameters: Mapping[str, str]) -> str:
        return parameters.get("vnp_TxnRef", "")

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        if not protocol.verify(parameters, self.secret):
            raise SignatureInvalid
        response_code = parameters.get("vnp_ResponseCode", "")
        provider_ref = parameters.get("vnp_TransactionNo", "")
        kind = protocol.judge_notification(response_code, parameters.get("vnp_TransactionStatus", ""))
        if kind is FactKind.SUCCEEDED and provider_ref in {"", "0"}:
            # Without its number the money could not be told from another payment's.
            kind = FactKind.REVIEW
        return ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=parameters.get("vnp_TxnRef", ""),
            provider_ref=provider_ref,
            amount=protocol.from_wire_amount(parameters.get("vnp_Amount", "")),
            currency=parameters.get("vnp_CurrCode", "VND"),
            merchant=parameters.get("vnp_TmnCode", ""),
            code=f"{response_code}/{parameters.get('vnp_TransactionStatus', '')}",
            occurred_at=protocol.from_wire_time(parameters.get("vnp_PayDate", "")),
            method=_method(parameters),
            reason=protocol.failure_reason(response_code) if kind is FactKind.FAILED else None,
        )

    def dedup_key(self, message: Incoming) -> str:
        parameters = message.query
        names = ("vnp_TxnRef", "vnp_TransactionNo", "vnp_ResponseCode", "vnp_TransactionStatus", "vnp_Amount")
        return ":".join(parameters.get(name, "")[:100] for name in names)

    # --- Asking ---------------------------------------------------------------------------------
    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        answer = self._query(request)
        if answer["vnp_ResponseCode"] == NOT_FOUND:
            return (ProviderFact(self.code, FactKind.NOT_FOUND, request.merchant_ref, code=NOT_FOUND),)
        if answer["vnp_ResponseCode"] != protocol.SUCCESS:
            raise OutcomeUnknown(code=answer["vnp_ResponseCode"])
        status = answer.get("vnp_TransactionStatus", "")
        kind = protocol.judge_status(status)
        if answer.get("vnp_TransactionType", protocol.PAY) != protocol.PAY:
            # The answer is about a refund; it says nothing new about the payment.
            kind = FactKind.PENDING
        fact = ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=request.merchant_ref,
            provider_ref=answer.get("vnp_TransactionNo", ""),
            amount=protocol.from_wire_amount(answer.get("vnp_Amount", "")),
            merchant=answer.get("vnp_TmnCode", ""),
            code=f"{answer['vnp_ResponseCode']}/{status}",
            occurred_at=protocol.from_wire_time(answer.get("vnp_PayDate", "")),
            method=_method(answer),
        )
        return (fact,)

    def _query(self, request: QueryRequest, transaction_no: str = "") -> dict[str, str]:
        message = {
            "vnp_RequestId": uuid4().hex,
            "vnp_Version": protocol.VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": self.merchant,
            "vnp_TxnRef": request.merchant_ref,
            "vnp_OrderInfo": f"Truy van {request.merchant_ref}",
            "vnp_TransactionDate": protocol.to_wire_time(request.created_at),
            "vnp_CreateDate": protocol.to_wire_time(clock.now()),
            "vnp_IpAddr": SERVER_ADDRESS,
        }
        if transaction_no:
            message["vnp_TransactionNo"] = transaction_no
        try:
            return self._call(message, protocol.QUERY_FIELDS, protocol.QUERY_ANSWER_FIELDS)
        except NoAnswer as error:
            # A question changes nothing: not to be answered is not to be reached.
            raise GatewayUnavailable from error

    # --- Returning money ------------------------------------------------------------------------
    def refund(self, request: RefundRequest) -> ProviderFact:
        message = {
            "vnp_RequestId": request.request_id,
            "vnp_Version": protocol.VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": self.merchant,
            "vnp_TransactionType": protocol.FULL_REFUND if request.is_full else protocol.PARTIAL_REFUND,
            "vnp_TxnRef": request.merchant_ref,
            "vnp_Amount": protocol.to_wire_amount(request.amount),
            "vnp_TransactionNo": request.provider_ref,
            # Must be the time of the payment to the second, else VNPay does not find it.
            "vnp_TransactionDate": protocol.to_wire_time(request.paid_at_provider),
            "vnp_CreateBy": protocol.plain(request.requested_by, 245),
            "vnp_CreateDate": protocol.to_wire_time(clock.now()),
            "vnp_IpAddr": SERVER_ADDRESS,
            "vnp_OrderInfo": f"Hoan tien {request.merchant_ref}",
        }
        answer = self._call(message, protocol.REFUND_FIELDS, protocol.REFUND_ANSWER_FIELDS)
        code = answer["vnp_ResponseCode"]
        if code in UNCLEAR:
            raise OutcomeUnknown(code=code)
        if code == protocol.SUCCESS:
            kind = protocol.judge_refund_status(answer.get("vnp_TransactionStatus", ""))
        else:
            kind = FactKind.REFUND_PENDING if code == IN_PROGRESS else FactKind.REFUND_FAILED
        return self._refund_fact(request, kind, answer)

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        answer = self._query(QueryRequest(request.merchant_ref, request.paid_at_provider), request.refund_ref)
        if answer["vnp_ResponseCode"] != protocol.SUCCESS:
            raise OutcomeUnknown(code=answer["vnp_ResponseCode"])
        number = answer.get("vnp_TransactionNo", "")
        is_refund = answer.get("vnp_TransactionType") in {protocol.FULL_REFUND, protocol.PARTIAL_REFUND}
        if not is_refund or number in request.other_refund_refs:
            return ProviderFact(self.code, FactKind.REFUND_NOT_FOUND, request.request_id)
        kind = protocol.judge_refund_status(answer.get("vnp_TransactionStatus", ""))
        return self._refund_fact(request, kind, answer)

    def _refund_fact(self, request: RefundRequest, kind: FactKind, answer: Mapping[str, str]) -> ProviderFact:
        number = answer.get("vnp_TransactionNo", "")
        return ProviderFact(
            provider=self.code,
            kind=kind,
            merchant_ref=request.request_id,
            provider_ref="" if number in {"0", request.provider_ref} else number,
            amount=None if kind is FactKind.REFUND_FAILED else request.amount,
            merchant=self.merchant,
            code=f"{answer['vnp_ResponseCode']}/{answer.get('vnp_TransactionStatus', '')}",
        )

    # --- Settlement -----------------------------------------------------------------------------
    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        """Read a settlement file in our own layout (`payments.gateways.settlement_file`); VNPay's is not public."""
        return settlement_file.parse(content)

    # --- Answering ------------------------------------------------------------------------------
    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        code, message = protocol.OTHER_ERROR if outcome is None else protocol.ANSWERS[outcome]
        return JsonResponse({"RspCode": code, "Message": message})

    def refuse(self) -> HttpResponse:
        code, message = protocol.BAD_SIGNATURE
        return JsonResponse({"RspCode": code, "Message": message})

    # --- Over the network -----------------------------------------------------------------------
    def _call(
        self, message: dict[str, str], fields: tuple[str, ...], answer_fields: tuple[str, ...]
    ) -> dict[str, str]:
        """Send one signed message and return its verified answer.

        An answer without any signature is believed only if it refuses; VNPay leaves it out of some errors.
        """
        body = {**message, "vnp_SecureHash": protocol.sign_fields(message, fields, self.secret)}
        try:
            with http.client() as client:
                response = client.post(self.api_url, json=body)
            response.raise_for_status()
            parsed = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise GatewayUnavailable from error
        except httpx.TransportError as error:
            raise NoAnswer from error
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise OutcomeUnknown from error
        if not isinstance(parsed, dict) or "vnp_ResponseCode" not in parsed:
            raise OutcomeUnknown
        answer = {str(name): "" if value is None else str(value) for name, value in parsed.items()}
        is_refusal = answer["vnp_ResponseCode"] != protocol.SUCCESS
        if is_refusal and not answer.get("vnp_SecureHash"):
            return answer
        if not protocol.verify_fields(answer, answer_fields, self.secret):
            logger.error("ALERT VNPay's answer to %s carries a wrong signature", message["vnp_Command"])
            raise OutcomeUnknown
        return answer


def _method(parameters: Mapping[str, str]) -> str:
    words = [parameters.get("vnp_CardType", ""), parameters.get("vnp_BankCode", "")]
    return " ".join(word for word in words if word)
