"""The sandbox's web server: the payment page, queries, refunds, and the switches of /_control."""

import json
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox import pages
from payments.gateways.vnpay.sandbox.control import Control
from payments.gateways.vnpay.sandbox.notifier import Notifier
from payments.gateways.vnpay.sandbox.outcomes import OUTCOMES
from payments.gateways.vnpay.sandbox.store import Row, Store

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
PAY_PATH = "/paymentv2/vpcpay.html"
PAGE_PATH = "/paymentv2/Transaction/PaymentMethod.html"
CONFIRM_PATH = "/paymentv2/confirm"
API_PATH = "/merchant_webapi/api/transaction"
REQUIRED = (
    "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CreateDate", "vnp_CurrCode", "vnp_IpAddr",
    "vnp_Locale", "vnp_OrderInfo", "vnp_OrderType", "vnp_ReturnUrl", "vnp_TxnRef", "vnp_ExpireDate",
)  # fmt: skip
LENGTHS = {
    "vnp_Amount": (1, 12), "vnp_TxnRef": (1, 100), "vnp_OrderInfo": (1, 255), "vnp_ReturnUrl": (10, 255),
    "vnp_IpAddr": (7, 45), "vnp_CreateDate": (14, 14), "vnp_ExpireDate": (14, 14),
}  # fmt: skip
# The payer rarely waits longer for us than the portal needs to answer a notification.
REDIRECT_PATIENCE_SECONDS = 3.0
REORDER_DELAY_SECONDS = 1.5
LARGEST_BODY = 100_000


class BadRequest(Exception):
    """VNPay refuses to open the payment; the argument is its code."""


@dataclass
class Sandbox:
    """One running sandbox. Use `start` and `stop`; it listens on the loopback interface only."""

    merchant: str
    secret: str
    ipn_url: str
    port: int = 0
    store: Store = field(default_factory=Store)
    interval_seconds: float = 5.0
    control: Control = field(default_factory=Control)

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"sandbox": self})
        self._server = _Server((LOOPBACK, self.port), handler)
        self.port = self._server.server_address[1]
        self.notifier = Notifier(
            store=self.store,
            control=self.control,
            ipn_url=self.ipn_url,
            interval_seconds=self.interval_seconds,
            message_of=self.message_of,
            secret=self.secret,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="vnpay-sandbox", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pay_url(self) -> str:
        return f"{self.url}{PAY_PATH}"

    @property
    def api_url(self) -> str:
        return f"{self.url}{API_PATH}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self.notifier.start()
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self.notifier.start()
        self._server.serve_forever()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self.notifier.stop()
        self.store.close()

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
            self._announce(token)
        finished = self.store.payment(token)
        assert finished is not None
        message = self.message_of(finished)
        return protocol.payment_url(finished["parameters"]["vnp_ReturnUrl"], message, self.secret)

    def _announce(self, token: str) -> None:
        delay = self.control.delay_ms / 1000
        if self.control.reorder:
            delay = delay or REORDER_DELAY_SECONDS
        is_told = self.notifier.announce(token, delay_seconds=delay, copies=1 + self.control.duplicate)
        if not delay:
            is_told.wait(REDIRECT_PATIENCE_SECONDS)

    def resend(self, txn_ref: str, times: int) -> bool:
        """Send the notification of a finished payment again, all copies at once."""
        payment = self.store.latest_payment(txn_ref)
        if payment is None or not payment["outcome"]:
            return False
        self.notifier.announce(payment["token"], delay_seconds=0, copies=times)
        return True

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Routes; one class per sandbox, made by it."""

    sandbox: ClassVar[Sandbox]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            if parts.path == PAY_PATH:
                self._open(query)
            elif parts.path == PAGE_PATH:
                payment = self.sandbox.store.payment(query.get("token", ""))
                if payment is None:
                    raise BadRequest("91")
                self._html(pages.pay_page(payment))
            elif parts.path == "/":
                self._html(pages.overview_page(self.sandbox.store.recent_payments()))
            elif parts.path == "/_log":
                self._json(self.sandbox.store.log())
            elif parts.path == "/_control":
                self._json(self.sandbox.control.as_data())
            else:
                self._json({"error": "not found"}, status=404)
        except BadRequest as refusal:
            self._html(pages.error_page(str(refusal), query.get("vnp_Locale", "vn")), status=400)

    def do_POST(self) -> None:
        path, body = urlsplit(self.path).path, self._body()
        try:
            if path == CONFIRM_PATH:
                form = dict(parse_qsl(body.decode()))
                self._redirect(self.sandbox.finish(form.get("token", ""), form.get("outcome", "")))
            elif path == API_PATH:
                self._api(_object(body))
            elif path == "/_control":
                self.sandbox.control.change(_object(body))
                self.sandbox.store.clock_offset_seconds = self.sandbox.control.clock_offset_seconds
                self._json(self.sandbox.control.as_data())
            elif path == "/_resend":
                wanted = _object(body)
                found = self.sandbox.resend(str(wanted.get("txn_ref", "")), int(wanted.get("times", 1)))
                self._json({"resent": found}, status=200 if found else 404)
            else:
                self._json({"error": "not found"}, status=404)
        except BadRequest as refusal:
            self._html(pages.error_page(str(refusal)), status=400)
        except (ValueError, TypeError) as error:
            self._json({"error": str(error)}, status=400)

    def _open(self, query: dict[str, str]) -> None:
        token = self.sandbox.open_payment(query)
        if self.sandbox.control.outcome:
            self._redirect(self.sandbox.finish(token, self.sandbox.control.outcome))
        else:
            self._redirect(f"{PAGE_PATH}?token={token}")

    def _api(self, message: dict[str, Any]) -> None:
        if self.sandbox.control.http_status:
            self._json({"error": "unavailable"}, status=self.sandbox.control.http_status)
            return
        answer = self.sandbox.answer_api({name: str(value) for name, value in message.items()})
        time.sleep(self.sandbox.control.api_delay_ms / 1000)
        self._json(answer)

    def _body(self) -> bytes:
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY)
        return self.rfile.read(length)

    def _html(self, text: str, status: int = 200) -> None:
        self._send(status, text.encode(), "text/html; charset=utf-8")

    def _json(self, data: object, status: int = 200) -> None:
        self._send(status, json.dumps(data, ensure_ascii=False).encode(), "application/json")

    def _redirect(self, address: str) -> None:
        self._send(302, b"", "text/plain", {"Location": address})

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        logger.debug(format, *args)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, sqlite3.ProgrammingError):
            # The client went away, or the sandbox is being stopped.
            self.close_connection = True


def _object(body: bytes) -> dict[str, Any]:
    parsed = json.loads(body or b"{}")
    if not isinstance(parsed, dict):
        raise TypeError("an object is expected")
    return parsed
