"""The payOS gateway: a bank transfer that payOS asks for and watches.

An attempt is known there by its own number (`Capabilities.numeric_ref`), so a notification names it without
any table. The memo carries a short form of the same number (`vietqr.memo_of`), for the bank's statement.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from payments.gateways import vietqr
from payments.gateways.base import (
    Capabilities,
    FactKind,
    FactOutcome,
    FailureReason,
    GatewayDefaults,
    Incoming,
    ProviderFact,
    QueryRequest,
    RefundRequest,
    StartRequest,
    Transfer,
)
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SignatureInvalid
from payments.gateways.payos import protocol
from voltgo.core import http
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

PATH = "/v2/payment-requests"
# These we cannot take; the sender tries again. Everything else is recorded or none of our business.
NOT_TAKEN = frozenset({FactOutcome.CONFLICT, FactOutcome.UNDECIDED})


@dataclass(frozen=True, slots=True)
class PayOSGateway(GatewayDefaults):
    """payOS for one channel. It returns no money: finance transfers it by hand."""

    client_id: str
    api_key: str = field(repr=False)
    checksum_key: str = field(repr=False)
    api_url: str
    bank_names: Mapping[str, str]
    code: ClassVar[str] = "payos"
    # payOS's messages do not say for whom they are: the key that signs them does.
    merchant: ClassVar[str] = ""
    capabilities: ClassVar[Capabilities] = Capabilities(
        min_amount=protocol.MIN_AMOUNT,
        max_amount=protocol.MAX_AMOUNT,
        refund=False,
        partial_refund=False,
        exact_amount=False,
        calls_to_start=True,
        transfer=True,
        numeric_ref=True,
        cancel=True,
    )

    @property
    def label(self) -> str:
        return _("Chuyển khoản VietQR")

    @property
    def hint(self) -> str:
        return _("Quét mã bằng ứng dụng của bất kỳ ngân hàng nào")

    @classmethod
    def from_settings(cls) -> "PayOSGateway":
        options, account = settings.PAYOS, settings.BANK_ACCOUNT
        return cls(
            client_id=options["CLIENT_ID"],
            api_key=options["API_KEY"],
            checksum_key=options["CHECKSUM_KEY"],
            api_url=options["API_URL"].rstrip("/"),
            bank_names={**vietqr.BANKS, account["BIN"]: account["BANK"]},
        )

    # --- Paying ---------------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Transfer:
        """Ask for a transfer.

        If an earlier try left a request there whose answer we never saw, that one is ended and nothing is
        open any more (GatewayUnavailable): the next attempt has a number of its own.
        """
        body: dict[str, Any] = {
            "orderCode": protocol.to_order_code(request.merchant_ref),
            "amount": request.amount,
            "description": vietqr.memo_of(request.merchant_ref),
            "cancelUrl": request.cancel_url or request.return_url,
            "returnUrl": request.return_url,
            "expiredAt": int(request.expires_at.timestamp()),
        }
        body["signature"] = protocol.sign_request(body, self.checksum_key)
        answer = self._call("POST", PATH, body)
        if answer["code"] == protocol.EXISTS:
            self.cancel(QueryRequest(request.merchant_ref, request.created_at, amount=request.amount))
            raise GatewayUnavailable(code=answer["code"])
        if answer["code"] != protocol.SUCCESS:
            # A clear no: nothing was opened.
            raise GatewayUnavailable(code=answer["code"])
        return self._transfer(answer["data"], request.amount)

    def _transfer(self, told: Mapping[str, Any], amount: Dong) -> Transfer:
        if told.get("amount") != amount:
            raise OutcomeUnknown(code="amount")
        bank_bin, account = str(told.get("bin", "")), str(told.get("accountNumber", ""))
        memo = str(told.get("description", ""))
        drawn = vietqr.TransferCode(bank_bin, account, amount, vietqr.memo_text(memo))
        try:
            code = vietqr.build(drawn)
        except vietqr.NotVietQR as error:
            raise OutcomeUnknown(code="account") from error
        return Transfer(
            qr_text=_trusted_code(str(told.get("qrCode", "")), drawn) or code,
            bank_bin=bank_bin,
            bank_name=self.bank_names.get(bank_bin, bank_bin),
            account_number=account,
            account_name=str(told.get("accountName", "")),
            memo=memo,
            url=str(told.get("checkoutUrl", "")),
            session_ref=str(told.get("paymentLinkId", ""))[:120],
        )

    def cancel(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        code = protocol.to_order_code(request.merchant_ref)
        answer = self._call(
            "POST", f"{PATH}/{code}/cancel", {"cancellationReason": "payer chose another way"}
        )
        if answer["code"] != protocol.SUCCESS:
            # Paid, over or cancelled already: what it is now counts.
            return self.fetch(request)
        return self._facts(request, answer["data"])

    # --- Hearing --------------------------------------------------------------------------------
    def parse_event(self, message: Incoming) -> tuple[ProviderFact, ...]:
        body = message.json()
        data = body.get("data")
        if not isinstance(data, dict) or not protocol.verify(data, body.get("signature"), self.checksum_key):
            raise SignatureInvalid
        is_paid = body.get("code") == data.get("code", protocol.SUCCESS) == protocol.SUCCESS
        merchant_ref = protocol.from_order_code(data.get("orderCode"))
        if not is_paid or not _is_ours(merchant_ref):
            # A failure of the sender's, or the call by which payOS tests the address.
            return ()
        return (self._came(merchant_ref, data),)

    def dedup_key(self, message: Incoming) -> str:
        data = message.json().get("data")
        found = data if isinstance(data, dict) else {}
        transfer = protocol.transfer_ref(found.get("accountNumber"), found.get("reference"))
        return f"{protocol.from_order_code(found.get('orderCode'))}:{transfer}:{found.get('amount')}"[:200]

    def returned_ref(self, parameters: Mapping[str, str]) -> str:
        return parameters.get("orderCode", "")

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        # Nothing in this address is signed, so it says nothing but that the payer gave up, if that.
        is_over = parameters.get("cancel") == "true"
        return ProviderFact(
            self.code,
            FactKind.FAILED if is_over else FactKind.PENDING,
            self.returned_ref(parameters),
            reason=FailureReason.CANCELLED if is_over else None,
        )

    # --- Asking ---------------------------------------------------------------------------------
    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        answer = self._call("GET", f"{PATH}/{protocol.to_order_code(request.merchant_ref)}")
        if answer["code"] == protocol.UNKNOWN:
            return (ProviderFact(self.code, FactKind.NOT_FOUND, request.merchant_ref, code=answer["code"]),)
        if answer["code"] != protocol.SUCCESS:
            raise OutcomeUnknown(code=answer["code"])
        return self._facts(request, answer["data"])

    def _facts(self, request: QueryRequest, told: Mapping[str, Any]) -> tuple[ProviderFact, ...]:
        """Return one fact for each transfer that came, and how the request itself stands unless it is paid."""
        if told.get("orderCode") != protocol.to_order_code(request.merchant_ref):
            raise OutcomeUnknown(code="orderCode")
        transfers = told.get("transactions")
        came = [
            self._came(request.merchant_ref, transfer)
            for transfer in (transfers if isinstance(transfers, list) else [])
            if isinstance(transfer, dict)
        ]
        status = str(told.get("status", ""))
        if status in protocol.ENDED:
            ended = ProviderFact(
                self.code,
                FactKind.FAILED,
                request.merchant_ref,
                code=status[:16],
                reason=protocol.ENDED[status],
            )
            return (*came, ended)
        if status == protocol.PAID and came:
            return tuple(came)
        return (*came, ProviderFact(self.code, FactKind.PENDING, request.merchant_ref, code=status[:16]))

    def _came(self, merchant_ref: str, transfer: Mapping[str, Any]) -> ProviderFact:
        """Return the fact of one transfer; without its number a person must look at it."""
        number = protocol.transfer_ref(transfer.get("accountNumber"), transfer.get("reference"))
        sender = protocol.sender_of(transfer)
        return ProviderFact(
            provider=self.code,
            kind=FactKind.SUCCEEDED if number else FactKind.REVIEW,
            merchant_ref=merchant_ref,
            provider_ref=number,
            amount=protocol.read_amount(transfer.get("amount")),
            currency=str(transfer.get("currency") or "VND"),
            code=protocol.PAID,
            occurred_at=protocol.read_time(transfer.get("transactionDateTime")),
            method=f"VietQR {sender.bank}".strip() if sender else "VietQR",
            sender=sender,
        )

    # --- Returning money ------------------------------------------------------------------------
    def refund(self, request: RefundRequest) -> ProviderFact:
        raise NotImplementedError

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        raise NotImplementedError

    # --- Answering ------------------------------------------------------------------------------
    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        """Say thanks to all that we shall never know more about, also to numbers that are not ours."""
        is_taken = outcome is not None and outcome not in NOT_TAKEN
        return JsonResponse({"success": is_taken}, status=200 if is_taken else 500)

    def refuse(self) -> HttpResponse:
        return JsonResponse({"success": False}, status=400)

    # --- Over the network -----------------------------------------------------------------------
    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call payOS and return its answer with `code` and, where that is 00, `data` whose signature is right."""
        headers = {"x-client-id": self.client_id, "x-api-key": self.api_key}
        try:
            with http.client() as client:
                response = client.request(method, f"{self.api_url}{path}", json=body, headers=headers)
            parsed = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise GatewayUnavailable from error
        except httpx.TransportError as error:
            # A question changes nothing: not to be answered is not to be reached.
            raise (GatewayUnavailable if method == "GET" else OutcomeUnknown) from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise OutcomeUnknown from error
        if not isinstance(parsed, dict) or not isinstance(parsed.get("code"), str):
            raise OutcomeUnknown(code=str(response.status_code))
        if parsed["code"] == protocol.SUCCESS and not protocol.verify(
            parsed.get("data"), parsed.get("signature"), self.checksum_key
        ):
            logger.error("ALERT payOS's answer to %s carries a wrong signature", method)
            raise OutcomeUnknown
        return parsed


def _is_ours(merchant_ref: str) -> bool:
    try:
        protocol.to_order_code(merchant_ref)
    except ValueError:
        return False
    return True


def _trusted_code(text: str, expected: vietqr.TransferCode) -> str:
    """Return payOS's own code if it says what the payer is told in words; "" otherwise."""
    try:
        said = vietqr.parse(text)
    except vietqr.NotVietQR:
        return ""
    same = (said.bank_bin, said.account_number, said.amount) == (
        expected.bank_bin,
        expected.account_number,
        expected.amount,
    )
    return text if same and vietqr.memo_text(said.memo) == expected.memo else ""
