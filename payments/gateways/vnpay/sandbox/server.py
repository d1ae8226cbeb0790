"""VNPay's side of the protocol: the payment page, its notification, queries and refunds."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import ClassVar

import httpx
from django.conf import settings

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.sandbox import server as frame
from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.notifier import Mishap, Outgoing
from payments.gateways.sandbox.server import Answer, Refused, Request, Route
from payments.gateways.sandbox.store import Row
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox import pages
from payments.gateways.vnpay.sandbox.outcomes import OUTCOMES
from payments.gateways.vnpay.sandbox.pages import CONFIRM_PATH
from payments.gateways.vnpay.sandbox.store import Store
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import share

PAY_PATH = "/paymentv2/vpcpay.html"
PAGE_PATH = "/paymentv2/Transaction/PaymentMethod.html"
API_PATH = "/merchant_webapi/api/transaction"
REQUIRED = (
    "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CreateDate", "vnp_CurrCode", "vnp_IpAddr",
    "vnp_Locale", "vnp_OrderInfo", "vnp_OrderType", "vnp_ReturnUrl", "vnp_TxnRef", "vnp_ExpireDate",
)  # fmt: skip
LENGTHS = {
    "vnp_Amount": (1, 12), "vnp_TxnRef": (1, 100), "vnp_OrderInfo": (1, 255), "vnp_ReturnUrl": (10, 255),
    "vnp_IpAddr": (7, 45), "vnp_CreateDate": (14, 14), "vnp_ExpireDate": (14, 14),
}  # fmt: skip
STOPPING_CODES = frozenset({"00", "02"})
# What VNPay keeps of a payment here: 1.1 per cent. Its true fee is a matter of the contract.
FEE_BASIS_POINTS = 110


class BadRequest(Exception):
    """VNPay refuses to open the payment; the argument is its code."""


def from_settings(*, webhook_url: str, port: int, store: Store, interval_seconds: float) -> "Sandbox":
    """Make the sandbox of this installation's terminal."""
    return Sandbox(
        merchant=settings.VNPAY["TMN_CODE"],
        secret=settings.VNPAY["HASH_SECRET"],
        ipn_url=webhook_url,
        port=port,
        store=store,
        interval_seconds=interval_seconds,
    )


class Sandbox(frame.Sandbox):
    """One running VNPay. Use `start` and `stop`; it listens on the loopback interface only."""

    name: ClassVar[str] = "vnpay"
    label: ClassVar[str] = pages.LABEL
    store: Store

    def __init__(
        self,
        *,
        merchant: str,
        secret: str,
        ipn_url: str,
        port: int = 0,
        store: Store | None = None,
        interval_seconds: float = 5.0,
        control: Control | None = None,
    ) -> None:
        self.merchant = merchant
        self.secret = secret
        super().__init__(
            webhook_url=ipn_url,
            port=port,
            store=store or Store(),
            interval_seconds=interval_seconds,
            control=control,
        )

    @property
    def pay_url(self) -> str:
        return f"{self.url}{PAY_PATH}"

    @property
    def api_url(self) -> str:
        return f"{self.url}{API_PATH}"

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", PAY_PATH, self._open),
            Route("GET", PAGE_PATH, self._page),
            Route("POST", CONFIRM_PATH, self._confirm),
            Route("POST", API_PATH, self._api, is_api=True),
            Route("POST", "/_resend", self._resend),
        )

    # --- Addresses --------------------------------------------------------------------------------
    def _open(self, request: Request) -> Answer:
        with _refusing(request.query.get("vnp_Locale", "vn")):
            token = self.open_payment(request.query)
            if self.control.outcome:
                return Answer.redirect(self.finish(token, self.control.outcome))
        return Answer.redirect(f"{PAGE_PATH}?token={token}")

    def _page(self, request: Request) -> Answer:
        payment = self.store.payment(request.query.get("token", ""))
        if payment is None:
            return Answer.html(pages.error_page("91"), status=400)
        return Answer.html(pages.pay_page(payment))

    def _confirm(self, request: Request) -> Answer:
        form = request.form()
        with _refusing():
            return Answer.redirect(self.finish(form.get("token", ""), form.get("outcome", "")))

    def _api(self, request: Request) -> Answer:
        message = {name: str(value) for name, value in request.json().items()}
        return Answer.json(self.answer_api(message))

    def _resend(self, request: Request) -> Answer:
        wanted = request.json()
        payment = self.store.latest_payment(str(wanted.get("txn_ref", "")))
        if payment is None or not payment["outcome"]:
            return Answer.json({"resent": False}, status=404)
        self.resend(payment["token"], times=int(wanted.get("times", 1)))
        return Answer.json({"resent": True})

    # --- Paying ---------------------------------------------------------------------------------
    def open_payment(self, parameters: Mapping[str, str]) -> str:
        """Check a payment request and return the token of its page; raises BadRequest."""
        if parameters.get("vnp_TmnCode") != self.merchant:
            raise BadRequest("02")
        if not protocol.verify(parameters, self.secret):
            raise BadRequest("97")
        if not _is_well_formed(parameters):
            raise BadRequest("03")
        token = secrets.token_hex(16)
        clean = {name: value for name, value in parameters.items() if name != "vnp_SecureHash"}
        if not self.store.open_payment(token, clean):
            raise BadRequest("01")
        self.store.note("opened", txn_ref=parameters["vnp_TxnRef"], amount=parameters["vnp_Amount"])
        return token

    def finish(self, token: str, outcome: str) -> str:
        """End a payment, send its notification, and return the address to which the payer goes back."""
        payment = self.store.payment(token)
        if payment is None or outcome not in OUTCOMES:
            raise BadRequest("91")
        expires_at = protocol.from_wire_time(payment["parameters"]["vnp_ExpireDate"])
        if expires_at is not None and self.store.now() > expires_at and outcome != "cancel":
            outcome = "expired"
        if self.store.finish_payment(token, outcome, has_number=OUTCOMES[outcome].has_number):
            self.store.note("finished", txn_ref=payment["txn_ref"], outcome=outcome)
            self.announce(token)
        finished = self.store.payment(token)
        assert finished is not None
        message = self.message_of(finished)
        return protocol.payment_url(finished["parameters"]["vnp_ReturnUrl"], message, self.secret)

    def message_of(self, payment: Row) -> dict[str, str]:
        """Return what notification and return address say about a finished payment."""
        parameters: dict[str, str] = payment["parameters"]
        outcome = OUTCOMES[payment["outcome"]]
        message = {
            "vnp_TmnCode": self.merchant,
            "vnp_Amount": parameters["vnp_Amount"],
            "vnp_BankCode": parameters.get("vnp_BankCode", "NCB"),
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": parameters["vnp_OrderInfo"],
            "vnp_PayDate": payment["pay_date"],
            "vnp_ResponseCode": outcome.response_code,
            "vnp_TransactionNo": payment["transaction_no"],
            "vnp_TransactionStatus": outcome.transaction_status,
            "vnp_TxnRef": payment["txn_ref"],
        }
        if outcome.has_number:
            message["vnp_BankTranNo"] = f"VNP{payment['transaction_no']}"
        return message

    # --- Notifying and settling -------------------------------------------------------------------
    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        payment = self.store.payment(about)
        if payment is None:
            return None
        message = self.message_of(payment)
        if mishap.wrong_amount:
            message["vnp_Amount"] = str(int(message["vnp_Amount"]) + 100)
        signature = mishap.sign(protocol.sign(message, self.secret))
        query = protocol.canonical(message)
        return Outgoing("GET", f"{self.webhook_url}?{query}&vnp_SecureHash={signature}")

    def answer_of(self, response: httpx.Response) -> tuple[str, bool]:
        code = str(response.json()["RspCode"])
        return code, code in STOPPING_CODES

    def settled_on(self, day: date) -> Sequence[SettledLine]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)
        lines = [
            self._settled_payment(row)
            for row in self.store.paid_on(f"{day:%Y%m%d}")
            if OUTCOMES[row["outcome"]].transaction_status == protocol.SUCCESS
        ]
        end = midnight + timedelta(days=1)
        lines += [
            SettledLine(
                kind=LineKind.REFUND,
                provider_ref=row["number"],
                merchant_ref=row["request_id"] or row["txn_ref"],
                amount=-(row["amount"] // 100),
                fee=0,
                occurred_at=datetime.fromtimestamp(row["created_at"], tz=LOCAL_ZONE),
            )
            for row in self.store.refunds_between(midnight.timestamp(), end.timestamp())
            if not row["is_rejected"]
        ]
        return lines

    def _settled_payment(self, row: Row) -> SettledLine:
        amount = protocol.from_wire_amount(row["parameters"]["vnp_Amount"]) or 0
        return SettledLine(
            kind=LineKind.PAYMENT,
            provider_ref=row["transaction_no"],
            merchant_ref=row["txn_ref"],
            amount=amount,
            fee=share(amount, FEE_BASIS_POINTS),
            occurred_at=protocol.from_wire_time(row["pay_date"]) or self.store.now(),
        )

    # --- Queries and refunds --------------------------------------------------------------------
    def answer_api(self, message: Mapping[str, str]) -> dict[str, str]:
        """Answer one query or refund, signed."""
        if message.get("vnp_Command") == "refund":
            return self._sign(message, self._refund(message), protocol.REFUND_ANSWER_FIELDS)
        return self._sign(message, self._query(message), protocol.QUERY_ANSWER_FIELDS)

    def _refused(self, message: Mapping[str, str], fields: tuple[str, ...]) -> str:
        if message.get("vnp_TmnCode") != self.merchant:
            return "02"
        if any(name not in message for name in fields):
            return "03"
        if not protocol.verify_fields(message, fields, self.secret):
            return "97"
        return "" if self.store.use_request_id(str(message["vnp_RequestId"])) else "94"

    def _query(self, message: Mapping[str, str]) -> dict[str, str]:
        refused = self._refused(message, protocol.QUERY_FIELDS)
        if refused:
            return {"vnp_ResponseCode": refused}
        payment = self.store.payment_by_reference(message["vnp_TxnRef"], message["vnp_TransactionDate"])
        if payment is None:
            return {"vnp_ResponseCode": "91"}
        wanted = message.get("vnp_TransactionNo", "")
        refunds = self.store.refunds(payment["token"])
        refund = next((row for row in refunds if row["number"] == wanted), refunds[-1] if refunds else None)
        if refund is not None and wanted != payment["transaction_no"]:
            return self._refund_state(payment, refund)
        outcome = OUTCOMES.get(payment["outcome"])
        return {
            "vnp_ResponseCode": "00",
            "vnp_Amount": payment["parameters"]["vnp_Amount"],
            "vnp_BankCode": "NCB" if outcome else "",
            "vnp_PayDate": payment["pay_date"],
            "vnp_TransactionNo": payment["transaction_no"],
            "vnp_TransactionType": protocol.PAY,
            "vnp_TransactionStatus": outcome.transaction_status if outcome else protocol.INCOMPLETE,
        }

    def _refund_state(self, payment: Row, refund: Row) -> dict[str, str]:
        age = self.store.now().timestamp() - refund["created_at"]
        if age < self.control.refund_seconds / 2:
            status = "05"
        elif age < self.control.refund_seconds:
            status = "06"
        else:
            status = protocol.REFUND_REJECTED if refund["is_rejected"] else protocol.SUCCESS
        return {
            "vnp_ResponseCode": "00",
            "vnp_Amount": str(refund["amount"]),
            "vnp_BankCode": "NCB",
            "vnp_PayDate": payment["pay_date"],
            "vnp_TransactionNo": refund["number"],
            "vnp_TransactionType": refund["kind"],
            "vnp_TransactionStatus": status,
        }

    def _refund(self, message: Mapping[str, str]) -> dict[str, str]:
        refused = self._refused(message, protocol.REFUND_FIELDS)
        if refused:
            return {"vnp_ResponseCode": refused}
        with self.store.transaction():
            payment = self.store.payment_by_reference(message["vnp_TxnRef"], message["vnp_TransactionDate"])
            code = self._refund_refused(payment, message)
            if code or payment is None:
                return {"vnp_ResponseCode": code}
            number = self.store.add_refund(
                payment["token"],
                int(message["vnp_Amount"]),
                message["vnp_TransactionType"],
                is_rejected=self.control.reject_refunds,
                request_id=str(message["vnp_RequestId"]),
            )
        self.store.note("refund", txn_ref=payment["txn_ref"], amount=message["vnp_Amount"], number=number)
        return {
            "vnp_ResponseCode": "00",
            "vnp_Amount": message["vnp_Amount"],
            "vnp_BankCode": "NCB",
            "vnp_PayDate": payment["pay_date"],
            "vnp_TransactionNo": number,
            "vnp_TransactionType": message["vnp_TransactionType"],
            "vnp_TransactionStatus": "05",
        }

    def _refund_refused(self, payment: Row | None, message: Mapping[str, str]) -> str:
        if payment is None:
            return "91"
        if not payment["outcome"] or OUTCOMES[payment["outcome"]].transaction_status != protocol.SUCCESS:
            return "95"
        if not message["vnp_Amount"].isdigit():
            return "03"
        paid, wanted = int(payment["parameters"]["vnp_Amount"]), int(message["vnp_Amount"])
        gone = sum(row["amount"] for row in self.store.refunds(payment["token"]) if not row["is_rejected"])
        is_full = message["vnp_TransactionType"] == protocol.FULL_REFUND
        if wanted <= 0 or wanted > paid - gone or (is_full and wanted != paid):
            return "93"
        return ""

    def _sign(
        self, message: Mapping[str, str], body: dict[str, str], fields: tuple[str, ...]
    ) -> dict[str, str]:
        answer = {
            "vnp_ResponseId": secrets.token_hex(16),
            "vnp_Command": message.get("vnp_Command", ""),
            "vnp_Message": "OK" if body["vnp_ResponseCode"] == "00" else "Refused",
            "vnp_TmnCode": self.merchant,
            "vnp_TxnRef": message.get("vnp_TxnRef", ""),
            "vnp_OrderInfo": message.get("vnp_OrderInfo", ""),
            **body,
        }
        return {**answer, "vnp_SecureHash": protocol.sign_fields(answer, fields, self.secret)}


def _is_well_formed(parameters: Mapping[str, str]) -> bool:
    if any(not parameters.get(name) for name in REQUIRED):
        return False
    if any(not low <= len(parameters[name]) <= high for name, (low, high) in LENGTHS.items()):
        return False
    return (
        parameters["vnp_Version"] == protocol.VERSION
        and parameters["vnp_Command"] == "pay"
        and parameters["vnp_CurrCode"] == "VND"
        and parameters["vnp_Locale"] in {"vn", "en"}
        and parameters["vnp_Amount"].isdigit()
        and int(parameters["vnp_Amount"]) > 0
        and parameters["vnp_OrderInfo"].isascii()
        and all(protocol.from_wire_time(parameters[name]) for name in ("vnp_CreateDate", "vnp_ExpireDate"))
    )


@contextmanager
def _refusing(locale: str = "vn") -> Iterator[None]:
    """Turn VNPay's refusal into its error page."""
    try:
        yield
    except BadRequest as refusal:
        raise Refused(Answer.html(pages.error_page(str(refusal), locale), status=400)) from refusal
