"""MoMo's side of the protocol: create, query, refund, confirm, the payer's page and the notification."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import httpx
from django.conf import settings

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.momo import protocol
from payments.gateways.momo.sandbox.outcomes import OUTCOMES
from payments.gateways.sandbox import pages
from payments.gateways.sandbox import server as frame
from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.notifier import Mishap, Outgoing
from payments.gateways.sandbox.server import Answer, Refused, Request, Route
from payments.gateways.sandbox.store import Row, Store
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import share

PAGE_PATH = "/v2/gateway/pay"
FINISH_PATH = "/v2/gateway/pay/finish"
ORDER, REQUEST = "order", "request"
# By which key an order is found besides its own: the token of its page, the number of its transaction.
TOKEN, NUMBER = "token", "number"
INITIATED = 1000
LOUD = frozenset({"success", "cancel"})
# A link lives for a quarter of an hour; how long a hold lives MoMo does not publish, so this is our guess.
LINK_LIFETIME = timedelta(minutes=15)
HOLD_LIFETIME = timedelta(days=7)
# What MoMo keeps of a payment here: 1.5 per cent. Its true fee is a matter of the contract.
FEE_BASIS_POINTS = 150


def from_settings(*, webhook_url: str, port: int, store: Store, interval_seconds: float) -> "Sandbox":
    """Make the sandbox of this installation's partner code."""
    return Sandbox(
        merchant=settings.MOMO["PARTNER_CODE"],
        access_key=settings.MOMO["ACCESS_KEY"],
        secret=settings.MOMO["SECRET_KEY"],
        webhook_url=webhook_url,
        port=port,
        store=store,
        interval_seconds=interval_seconds,
    )


class Sandbox(frame.Sandbox):
    """One running MoMo. Use `start` and `stop`; it listens on the loopback interface only."""

    name: ClassVar[str] = "momo"
    label: ClassVar[str] = "MoMo"
    # MoMo does not publish how often it tries again.
    most_tries = 6

    def __init__(
        self,
        *,
        merchant: str,
        access_key: str,
        secret: str,
        webhook_url: str = "",
        port: int = 0,
        store: Store | None = None,
        interval_seconds: float = 5.0,
        control: Control | None = None,
    ) -> None:
        self.merchant = merchant
        self.access_key = access_key
        self.secret = secret
        super().__init__(
            webhook_url=webhook_url,
            port=port,
            store=store,
            interval_seconds=interval_seconds,
            control=control,
        )

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", protocol.CREATE_PATH, self._create, is_api=True),
            Route("POST", protocol.QUERY_PATH, self._query, is_api=True),
            Route("POST", protocol.REFUND_PATH, self._refund, is_api=True),
            Route("POST", protocol.CONFIRM_PATH, self._confirm, is_api=True),
            Route("GET", PAGE_PATH, self._page),
            Route("POST", FINISH_PATH, self._finish),
            Route("POST", "/_settle", self._settle),
        )

    # --- Create -----------------------------------------------------------------------------------
    def _create(self, request: Request) -> Answer:
        wanted = self._checked(request, protocol.CREATE_FIELDS)
        if not _is_well_formed(wanted):
            return self._answer(wanted, 20)
        if not protocol.MIN_AMOUNT <= int(wanted["amount"]) <= protocol.MAX_AMOUNT:
            return self._answer(wanted, 22)
        token = secrets.token_hex(16)
        order: Row = {
            **{name: wanted[name] for name in protocol.CREATE_FIELDS if name != "accessKey"},
            "lang": str(wanted.get("lang", "vi")),
            "autoCapture": wanted.get("autoCapture", True) is not False,
            "token": token,
            "code": INITIATED,
            "transId": 0,
            "createdAt": self.store.now().timestamp(),
            "endedAt": 0.0,
            "refunds": [],
        }
        page = {"payUrl": f"{self.url}{PAGE_PATH}?t={token}", "deeplink": "", "qrCodeUrl": ""}
        with self.store.transaction():
            before = self._remembered(wanted)
            if before is not None:
                return before
            if not self.store.add(ORDER, str(wanted["orderId"]), order):
                return self._answer(wanted, 41)
            self.store.add(TOKEN, token, {"orderId": order["orderId"]})
            answer = self._final(wanted, 0, amount=wanted["amount"], **page)
        self.store.note(
            "created", order=order["orderId"], amount=order["amount"], hold=not order["autoCapture"]
        )
        return answer

    # --- The payer's page ---------------------------------------------------------------------------
    def _page(self, request: Request) -> Answer:
        order = self._by_token(request.query.get("t", ""))
        if self.control.outcome:
            return Answer.redirect(self._end(order, self.control.outcome))
        language = str(order["lang"])
        words = pages.words(language)
        until = datetime.fromtimestamp(order["createdAt"], tz=LOCAL_ZONE) + LINK_LIFETIME
        return Answer.html(
            pages.pay_page(
                language=language,
                label=self.label,
                amount=int(order["amount"]),
                facts=[
                    (words["order"], str(order["orderInfo"])),
                    (words["reference"], str(order["orderId"])),
                    (words["until"], f"{until:%H:%M:%S %d/%m/%Y}"),
                ],
                action=FINISH_PATH,
                token=str(order["token"]),
                buttons=[
                    pages.Button(
                        name,
                        outcome.label_en if language == "en" else outcome.label,
                        is_main=name == "success",
                        is_quiet=name not in LOUD,
                    )
                    for name, outcome in OUTCOMES.items()
                ],
            )
        )

    def _finish(self, request: Request) -> Answer:
        form = request.form()
        return Answer.redirect(self._end(self._by_token(form.get("token", "")), form.get("outcome", "")))

    def _settle(self, request: Request) -> Answer:
        """End a payment that is being processed, as its bank would."""
        wanted = request.json()
        order = self.store.get(ORDER, str(wanted.get("orderId", "")))
        if order is None:
            return Answer.json({"error": "no such order"}, status=404)
        self._end(order, str(wanted.get("outcome", "success")))
        return Answer.json({"code": self._current(str(order["orderId"]))["code"]})

    def _by_token(self, token: str) -> Row:
        order = self._by(TOKEN, token)
        if order is None:
            text = "Không tìm thấy giao dịch."
            raise Refused(Answer.html(pages.error_page("vi", text, str(protocol.NOT_FOUND)), status=400))
        return order

    def _by(self, kind: str, key: str) -> Row | None:
        named = self.store.get(kind, key)
        return self.store.get(ORDER, str(named["orderId"])) if named else None

    def _end(self, order: Row, outcome: str) -> str:
        """End a payment, send its notification, and return the address to which the payer goes back."""
        if outcome not in OUTCOMES:
            raise ValueError(f"no outcome {outcome}")
        order_id = str(order["orderId"])
        with self.store.transaction():
            order = self._current(order_id)
            is_news = order["code"] in protocol.PENDING
            if is_news:
                order = self.store.change(
                    ORDER,
                    order_id,
                    code=self._code_for(order, outcome),
                    transId=order["transId"] or int(self.store.next_number()),
                    endedAt=self.store.now().timestamp(),
                )
                self.store.add(NUMBER, str(order["transId"]), {"orderId": order_id})
        if is_news:
            self.store.note("finished", order=order_id, code=order["code"])
            self.announce(order_id, {"code": order["code"]})
        query = httpx.QueryParams({name: str(value) for name, value in self._signed(order).items()})
        return f"{order['redirectUrl']}?{query}"

    def _code_for(self, order: Row, outcome: str) -> int:
        code = OUTCOMES[outcome].code
        return protocol.AUTHORIZED if code == protocol.SUCCESS and not order["autoCapture"] else code

    def _current(self, order_id: str) -> Row:
        """Return an order after what time alone has done to it."""
        order = self.store.get(ORDER, order_id)
        if order is None:
            raise KeyError(order_id)
        age = self.store.now().timestamp() - float(order["createdAt"])
        if order["code"] == INITIATED and age > LINK_LIFETIME.total_seconds():
            return self.store.change(ORDER, order_id, code=1005)
        if order["code"] == protocol.AUTHORIZED and age > HOLD_LIFETIME.total_seconds():
            return self.store.change(ORDER, order_id, code=protocol.CANCELLED_AFTER_HOLD)
        return order

    # --- Notifying --------------------------------------------------------------------------------
    def _signed(self, order: Row, **changes: object) -> dict[str, object]:
        """Return what notification and return address say about an order."""
        message: dict[str, object] = {
            "partnerCode": self.merchant,
            "orderId": order["orderId"],
            "requestId": order["requestId"],
            "amount": order["amount"],
            "orderInfo": order["orderInfo"],
            "orderType": "momo_wallet",
            "transId": order["transId"],
            "resultCode": order["code"],
            "message": _words_for(int(order["code"])),
            "payType": "qr",
            "responseTime": int(float(order["endedAt"]) * 1000),
            "extraData": order["extraData"],
            **changes,
        }
        signed = {**message, "accessKey": self.access_key}
        return {**message, "signature": protocol.sign(signed, protocol.NOTIFICATION_FIELDS, self.secret)}

    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        order = self.store.get(ORDER, about)
        if order is None:
            return None
        # What was so when it happened, even if a later notification overtook this one.
        changes: dict[str, object] = {"code": data["code"]} if "code" in data else {}
        wrong = {"amount": int(order["amount"]) + 1_000} if mishap.wrong_amount else {}
        message = self._signed({**order, **changes}, **wrong)
        message["signature"] = mishap.sign(str(message["signature"]))
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        return Outgoing("POST", self.webhook_url or str(order["ipnUrl"]), body, headers)

    def answer_of(self, response: httpx.Response) -> tuple[str, bool]:
        return str(response.status_code), response.status_code == httpx.codes.NO_CONTENT

    # --- Query, refund, confirm -------------------------------------------------------------------
    def _query(self, request: Request) -> Answer:
        wanted = self._checked(request, protocol.QUERY_FIELDS)
        if self.store.get(ORDER, str(wanted["orderId"])) is None:
            return self._answer(wanted, protocol.NOT_FOUND)
        order = self._current(str(wanted["orderId"]))
        return self._answer(
            wanted,
            int(order["code"]),
            extraData=order["extraData"],
            amount=order["amount"],
            transId=order["transId"],
            payType="qr" if order["transId"] else "",
            refundTrans=[
                {
                    "orderId": refund["orderId"],
                    "amount": refund["amount"],
                    "resultCode": self._refund_code(refund),
                    "transId": refund["transId"],
                    "createdTime": int(refund["at"] * 1000),
                }
                for refund in order["refunds"]
            ],
        )

    def _refund(self, request: Request) -> Answer:
        wanted = self._checked(request, protocol.REFUND_FIELDS)
        with self.store.transaction():
            before = self._remembered(wanted)
            if before is not None:
                return before
            order = self._by(NUMBER, str(wanted["transId"]))
            if order is None or order["code"] != protocol.SUCCESS:
                return self._final(wanted, 1088)
            code = self._refund_refused(order, wanted)
            if code:
                return self._final(wanted, code)
            refund = {
                "orderId": str(wanted["orderId"]),
                "amount": int(wanted["amount"]),
                "transId": int(self.store.next_number()),
                "at": self.store.now().timestamp(),
                "isRejected": self.control.reject_refunds,
            }
            self.store.change(ORDER, str(order["orderId"]), refunds=[*order["refunds"], refund])
            code = self._refund_code(refund)
            told = {"amount": refund["amount"], "transId": refund["transId"]}
            final = code not in protocol.PENDING
            answer = self._final(wanted, code, **told) if final else self._open(wanted, code, **told)
        self.store.note("refund", order=order["orderId"], amount=refund["amount"], code=code)
        return answer

    def _refund_refused(self, order: Row, wanted: Row) -> int:
        order_ids = {refund["orderId"] for refund in order["refunds"]} | {order["orderId"]}
        if wanted["orderId"] in order_ids or self.store.get(ORDER, str(wanted["orderId"])):
            return 41
        if not protocol.MIN_AMOUNT <= int(wanted["amount"]) <= protocol.MAX_AMOUNT:
            return 22
        gone = sum(refund["amount"] for refund in order["refunds"] if not refund["isRejected"])
        return 1081 if int(wanted["amount"]) > int(order["amount"]) - gone else 0

    def _refund_code(self, refund: Row) -> int:
        if self.store.now().timestamp() - float(refund["at"]) < self.control.refund_seconds:
            return 7002
        return 1080 if refund["isRejected"] else protocol.SUCCESS

    def _confirm(self, request: Request) -> Answer:
        wanted = self._checked(request, protocol.CONFIRM_FIELDS)
        with self.store.transaction():
            before = self._remembered(wanted)
            if before is not None:
                return before
            if self.store.get(ORDER, str(wanted["orderId"])) is None:
                return self._answer(wanted, protocol.NOT_FOUND)
            order = self._current(str(wanted["orderId"]))
            if order["code"] == protocol.CANCELLED_AFTER_HOLD:
                return self._final(wanted, protocol.CANCELLED_AFTER_HOLD)
            if order["code"] != protocol.AUTHORIZED:
                return self._answer(wanted, 47)
            if int(wanted["amount"]) != int(order["amount"]):
                return self._answer(wanted, 22)
            is_capture = wanted["requestType"] == "capture"
            code = protocol.SUCCESS if is_capture else protocol.CANCELLED_AFTER_HOLD
            self.store.change(ORDER, str(order["orderId"]), code=code, endedAt=self.store.now().timestamp())
            answer = self._final(wanted, 0, amount=order["amount"], transId=order["transId"])
        self.store.note(str(wanted["requestType"]), order=order["orderId"], amount=order["amount"])
        return answer

    # --- Checking and answering -------------------------------------------------------------------
    def _checked(self, request: Request, fields: tuple[str, ...]) -> Row:
        """Return a request whose keys and signature are right; answers for itself otherwise."""
        wanted = request.json()
        if wanted.get("partnerCode") != self.merchant:
            raise Refused(self._answer(wanted, 13, status=400))
        signed: dict[str, Any] = {**wanted, "accessKey": self.access_key}
        missing = [name for name in fields if name not in signed]
        if missing or not protocol.verify(signed, fields, self.secret):
            raise Refused(self._answer(wanted, 20, status=400))
        return signed

    def _remembered(self, wanted: Row) -> Answer | None:
        """Return the answer to a request id that was used before; None if it is new."""
        before = self.store.get(REQUEST, str(wanted["requestId"]))
        if before is None:
            return None
        if before["signature"] != wanted["signature"] or not before["isFinal"]:
            return self._answer(wanted, 40)
        return Answer.json(before["body"])

    def _final(self, wanted: Row, code: int, **more: object) -> Answer:
        """Answer, and give the same answer whenever this request id comes again."""
        return self._remember(wanted, code, is_final=True, **more)

    def _open(self, wanted: Row, code: int, **more: object) -> Answer:
        """Answer something that is not final: the request id is used up all the same."""
        return self._remember(wanted, code, is_final=False, **more)

    def _remember(self, wanted: Row, code: int, *, is_final: bool, **more: object) -> Answer:
        body = self._body(wanted, code, more)
        kept = {"signature": wanted["signature"], "isFinal": is_final, "body": body}
        self.store.add(REQUEST, str(wanted["requestId"]), kept)
        return Answer.json(body)

    def _answer(self, wanted: Row, code: int, *, status: int = 200, **more: object) -> Answer:
        return Answer.json(self._body(wanted, code, more), status=status)

    def _body(self, wanted: Row, code: int, more: Mapping[str, object]) -> Row:
        return {
            "partnerCode": self.merchant,
            "orderId": wanted.get("orderId", ""),
            "requestId": wanted.get("requestId", ""),
            "resultCode": code,
            "message": _words_for(code),
            "responseTime": int(self.store.now().timestamp() * 1000),
            **more,
        }

    # --- Settling ---------------------------------------------------------------------------------
    def settled_on(self, day: date) -> Sequence[SettledLine]:
        lines: list[SettledLine] = []
        for order in self.store.find(ORDER):
            at = datetime.fromtimestamp(float(order["endedAt"]), tz=LOCAL_ZONE)
            if order["code"] == protocol.SUCCESS and at.date() == day:
                amount = int(order["amount"])
                fee = share(amount, FEE_BASIS_POINTS)
                number, name = str(order["transId"]), str(order["orderId"])
                lines.append(SettledLine(LineKind.PAYMENT, number, name, amount, fee, at))
            for refund in order["refunds"]:
                at = datetime.fromtimestamp(float(refund["at"]), tz=LOCAL_ZONE)
                if at.date() == day and self._refund_code(refund) == protocol.SUCCESS:
                    number, name = str(refund["transId"]), str(refund["orderId"])
                    lines.append(SettledLine(LineKind.REFUND, number, name, -int(refund["amount"]), 0, at))
        return sorted(lines, key=lambda line: (line.occurred_at, line.provider_ref))


def _is_well_formed(wanted: Row) -> bool:
    return (
        isinstance(wanted["amount"], int)
        and bool(protocol.ORDER_ID.match(str(wanted["orderId"])))
        and 0 < len(str(wanted["requestId"])) <= protocol.LONGEST_REQUEST_ID
        and len(str(wanted["orderInfo"])) <= protocol.LONGEST_INFO
        and str(wanted["redirectUrl"]).startswith("http")
        and str(wanted["ipnUrl"]).startswith("http")
    )


def _words_for(code: int) -> str:
    known = next((outcome.message for outcome in OUTCOMES.values() if outcome.code == code), None)
    return known or f"Mã kết quả {code}."
