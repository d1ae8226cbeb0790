"""The local payOS: requests for transfers, the account they go to, signed notifications, and questions.

`POST /_transfer` moves money on the account past payOS, as anybody with a banking app can:
`{"amount", "memo", "bank", "number", "name"}`, as JSON or from the form on the index; a negative amount goes out. `GET /_statement?day=` is the bank's.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings

from payments.gateways import vietqr
from payments.gateways.payos import protocol
from payments.gateways.payos.sandbox import account as bank
from payments.gateways.payos.sandbox import pages
from payments.gateways.payos.sandbox.account import Account
from payments.gateways.sandbox.notifier import TIMEOUT_SECONDS, Mishap, Outgoing
from payments.gateways.sandbox.pages import error_page
from payments.gateways.sandbox.server import Answer, Refused, Request, Route, Sandbox
from payments.gateways.sandbox.store import Row, Store

LINK = "link"
SURPLUS = 100_000
WRONG_BY = 1_000
BAD_REQUEST, BAD_SIGNATURE, BAD_KEY, NOT_PENDING = "20", "201", "401", "20"


class PayOSSandbox(Sandbox):
    """payOS for one channel and one bank account."""

    name = "payos"
    label = "payOS"

    def __init__(
        self, *, client_id: str, api_key: str, checksum_key: str, account: Account, **frame: Any
    ) -> None:
        self.client_id = client_id
        self.api_key = api_key
        self.checksum_key = checksum_key
        self.account = account
        # What payOS may add to its messages tomorrow: signed with the rest.
        self.new_fields: dict[str, object] = {}
        super().__init__(**frame)

    def routes(self) -> Sequence[Route]:
        requests = "/v2/payment-requests"
        return (
            Route("POST", requests, self._create, is_api=True),
            Route("GET", requests + "/{code}", self._tell, is_api=True),
            Route("POST", requests + "/{code}/cancel", self._cancel, is_api=True),
            Route("POST", "/confirm-webhook", self._confirm_webhook, is_api=True),
            Route("GET", "/web/{link}", self._checkout),
            Route("POST", "/web/{link}", self._act),
            Route("POST", "/_transfer", self._transfer),
            Route("GET", "/_statement", self._statement),
            # payOS settles nothing: the money lies on the account at once, and the bank's statement tells of it.
            Route("GET", "/_settlement", self._statement),
        )

    # --- The API ----------------------------------------------------------------------------------
    def _authorised(self, request: Request) -> None:
        keys = (request.headers.get("x-client-id"), request.headers.get("x-api-key"))
        if keys != (self.client_id, self.api_key):
            raise Refused(_no(BAD_KEY, "Thiếu hoặc sai thông tin xác thực", status=401))

    def _create(self, request: Request) -> Answer:
        self._authorised(request)
        body = request.json()
        code, amount, memo = body.get("orderCode"), body.get("amount"), body.get("description")
        if not _is_whole(code) or not _is_whole(amount) or not isinstance(memo, str):
            return _no(BAD_REQUEST, "Thông tin truyền lên không đúng")
        if len(memo) > vietqr.LONGEST_MEMO or memo != vietqr.memo_text(memo):
            return _no(BAD_REQUEST, "Nội dung chuyển khoản không hợp lệ")
        if any(name not in body for name in protocol.REQUEST_FIELDS):
            return _no(BAD_REQUEST, "Thiếu thông tin")
        if body.get("signature") != protocol.sign_request(body, self.checksum_key):
            return _no(BAD_SIGNATURE, "Mã kiểm tra không hợp lệ")
        link = {
            "id": f"{int(self.store.next_number()):032x}",
            "order_code": code,
            "amount": amount,
            "description": memo,
            "cancel_url": body["cancelUrl"],
            "return_url": body["returnUrl"],
            "expires_at": body.get("expiredAt"),
            "created_at": self.store.now().isoformat(),
            "cancelled_at": None,
            "reason": None,
        }
        if not self.store.add(LINK, str(code), link):
            return _no(protocol.EXISTS, "Đơn thanh toán đã tồn tại")
        self.store.note("create", order_code=code, amount=amount, memo=memo)
        if self.control.outcome:
            self._play(link, self.control.outcome)
        return self._yes(
            {
                "bin": self.account.bank_bin,
                "accountNumber": self.account.number,
                "accountName": self.account.name,
                "amount": amount,
                "description": memo,
                "orderCode": code,
                "currency": "VND",
                "paymentLinkId": link["id"],
                "status": protocol.PENDING,
                "expiredAt": link["expires_at"],
                "checkoutUrl": f"{self.url}/web/{link['id']}",
                "qrCode": self._qr(link),
            }
        )

    def _tell(self, request: Request) -> Answer:
        self._authorised(request)
        return self._yes(self._told(self._link_of(request)))

    def _cancel(self, request: Request) -> Answer:
        self._authorised(request)
        link = self._link_of(request)
        if self.status_of(link) not in {protocol.PENDING, protocol.UNDERPAID}:
            return _no(NOT_PENDING, "Đơn thanh toán không ở trạng thái chờ")
        reason = str(request.json().get("cancellationReason", ""))
        return self._yes(self._told(self._end(link, reason)))

    def _end(self, link: Row, reason: str) -> Row:
        self.store.note("cancel", order_code=link["order_code"])
        now = self.store.now().isoformat()
        return self.store.change(LINK, str(link["order_code"]), cancelled_at=now, reason=reason)

    def _link_of(self, request: Request) -> Row:
        link = self.store.get(LINK, request.params["code"])
        if link is None:
            raise Refused(_no(protocol.UNKNOWN, "Mã thanh toán không tồn tại"))
        return link

    def _told(self, link: Row) -> Row:
        transfers = bank.paid_to(self.store, link["order_code"])
        paid = sum(row["amount"] for row in transfers)
        return {
            "id": link["id"],
            "orderCode": link["order_code"],
            "amount": link["amount"],
            "amountPaid": paid,
            "amountRemaining": max(0, link["amount"] - paid),
            "status": self.status_of(link),
            "createdAt": link["created_at"],
            "transactions": [bank.as_transaction(row, self.account) for row in transfers],
            "canceledAt": link["cancelled_at"],
            "cancellationReason": link["reason"],
        }

    def status_of(self, link: Row) -> str:
        """Return the state of a request, which its transfers and the clock decide."""
        paid = sum(row["amount"] for row in bank.paid_to(self.store, link["order_code"]))
        if paid >= link["amount"]:
            return protocol.PAID
        if link["cancelled_at"]:
            return protocol.CANCELLED
        if link["expires_at"] and self.store.now().timestamp() >= link["expires_at"]:
            return protocol.EXPIRED
        return protocol.UNDERPAID if paid else protocol.PENDING

    def _yes(self, data: Mapping[str, Any]) -> Answer:
        full = {**data, **self.new_fields}
        signature = protocol.sign(full, self.checksum_key)
        if self.control.take("corrupt_signature"):
            signature = Mishap(corrupt_signature=True).sign(signature)
        return Answer.json(
            {"code": protocol.SUCCESS, "desc": "success", "data": full, "signature": signature}
        )

    def _confirm_webhook(self, request: Request) -> Answer:
        """Call the merchant's address with a request that nobody made; a 2xx lets payOS keep the address."""
        self._authorised(request)
        url = str(request.json().get("webhookUrl", ""))
        sample = {"reference": "TEST", "order_code": 123, "amount": 3_000, "memo": "VQRIO123", "party": {}}
        body = self._message({**sample, "at": self.store.now().isoformat()}, Mishap())
        try:
            answer = httpx.post(url, json=body, timeout=TIMEOUT_SECONDS)
        except httpx.HTTPError:
            return _no(BAD_REQUEST, "Webhook url invalid")
        return (
            self._yes({"webhookUrl": url}) if answer.is_success else _no(BAD_REQUEST, "Webhook url invalid")
        )

    # --- The page ---------------------------------------------------------------------------------
    def _checkout(self, request: Request) -> Answer:
        language = request.query.get("lang", "vi")
        link = self._link_named(request.params["link"])
        if link is None:
            return Answer.html(error_page(language, "Không tìm thấy", protocol.UNKNOWN), status=404)
        told = self._told(link)
        return Answer.html(
            pages.checkout(
                language=language,
                link=link,
                status=told["status"],
                paid=told["amountPaid"],
                account=self.account,
                qr_text=self._qr(link),
            )
        )

    def _act(self, request: Request) -> Answer:
        link = self._link_named(request.params["link"])
        if link is None:
            return Answer.html(error_page("vi", "Không tìm thấy", protocol.UNKNOWN), status=404)
        form = request.form()
        self._play(link, form.get("outcome", ""), int(form.get("amount") or 0))
        status = self.status_of(
            link if form.get("outcome") != "cancel" else self._link_named(link["id"]) or link
        )
        is_over = status == protocol.CANCELLED
        told = {
            "code": protocol.SUCCESS,
            "id": link["id"],
            "cancel": "true" if is_over else "false",
            "status": status,
            "orderCode": link["order_code"],
        }
        back = link["cancel_url"] if is_over else link["return_url"]
        return Answer.redirect(f"{back}{'&' if '?' in back else '?'}{urlencode(told)}")

    def _link_named(self, link_id: str) -> Row | None:
        return next(iter(self.store.find(LINK, id=link_id)), None)

    def _qr(self, link: Row) -> str:
        code = vietqr.TransferCode(
            self.account.bank_bin, self.account.number, link["amount"], link["description"]
        )
        return vietqr.build(code)

    # --- Money ------------------------------------------------------------------------------------
    def pay(self, order_code: int | str, amount: int | None = None, **party: str) -> Row:
        """Transfer to a request, all that is asked for unless an amount is given, and tell the merchant."""
        link = self.store.get(LINK, str(order_code))
        if link is None:
            raise KeyError(order_code)
        transfer = bank.book(
            self.store,
            amount=link["amount"] if amount is None else amount,
            memo=link["description"],
            order_code=link["order_code"],
            party=party or bank.PAYER,
        )
        self.announce(transfer["reference"])
        return transfer

    def receive(self, amount: int, memo: str, name: str) -> Row:
        """Let somebody whom payOS does not know transfer to the account, or take from it."""
        party = {"bank": bank.PAYER["bank"], "number": "", "name": name}
        return bank.book(self.store, amount=amount, memo=memo, party=party)

    def _play(self, link: Row, outcome: str, custom: int = 0) -> None:
        code, amount, memo = link["order_code"], link["amount"], link["description"]
        match outcome:
            case "exact":
                self.pay(code)
            case "short":
                self.pay(code, max(1, amount // 2))
            case "over":
                self.pay(code, amount + SURPLUS)
            case "twice":
                self.pay(code)
                self.pay(code)
            case "late":
                self.store.change(LINK, str(code), expires_at=int(self.store.now().timestamp()) - 1)
                self.pay(code)
            case "garbled":
                # payOS does not recognise it: only the statement tells.
                bank.book(self.store, amount=amount, memo=f"CK {memo[:4].lower()} {memo[4:]} thanh toan")
            case "custom":
                self.pay(code, custom)
            case "cancel":
                if self.status_of(link) in {protocol.PENDING, protocol.UNDERPAID}:
                    self._end(link, "payer")
            case _:
                raise ValueError(f"no outcome {outcome}")

    def _transfer(self, request: Request) -> Answer:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        body: Mapping[str, Any] = request.form() if is_form else request.json()
        party: dict[str, str] = {name: str(body[name]) for name in bank.PAYER if name in body}
        memo = str(body.get("memo", ""))
        transfer = bank.book(self.store, amount=int(body["amount"]), memo=memo, party=party or bank.PAYER)
        return Answer.redirect("/") if is_form else Answer.json({"reference": transfer["reference"]})

    def _statement(self, request: Request) -> Answer:
        day = date.fromisoformat(request.query.get("day") or self.store.today().isoformat())
        headers = {"Content-Disposition": f'attachment; filename="statement-{day.isoformat()}.csv"'}
        return Answer(200, self.statement(day), "text/csv; charset=utf-8", headers)

    def statement(self, day: date) -> bytes:
        """Return the bank's statement of a day."""
        return bank.statement(self.store, self.account, day)

    def overview(self) -> str:
        links = "".join(
            f'<li><a href="/web/{row["id"]}">{row["order_code"]} · {row["amount"]:,} · {self.status_of(row)}</a></li>'
            for row in self.store.find(LINK)[-20:]
        )
        return (
            f'<div class="card"><h2>Yêu cầu chuyển khoản</h2><ul>{links or "<li>Chưa có.</li>"}</ul></div>'
            '<div class="card"><h2>Chuyển khoản ngoài payOS</h2><form method="post" action="/_transfer">'
            '<label>Số tiền (âm là tiền ra)<input type="number" name="amount" required></label>'
            '<label>Nội dung<input name="memo"></label><button>Ghi vào tài khoản</button></form>'
            '<p><a href="/_statement">Tải sao kê hôm nay</a></p></div>'
        )

    # --- Telling ----------------------------------------------------------------------------------
    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        transfer = self.store.get(bank.TRANSFER, about)
        if transfer is None or transfer["order_code"] is None:
            return None
        body = json.dumps(self._message(transfer, mishap), ensure_ascii=False).encode()
        return Outgoing("POST", self.webhook_url, body, {"Content-Type": "application/json"})

    def _message(self, transfer: Row, mishap: Mishap) -> Row:
        link = self.store.get(LINK, str(transfer["order_code"]))
        told = {
            "orderCode": transfer["order_code"],
            **bank.as_transaction(transfer, self.account),
            "currency": "VND",
            "paymentLinkId": link["id"] if link else "",
            "code": protocol.SUCCESS,
            "desc": "Thành công",
            **self.new_fields,
        }
        # In notifications what the bank does not tell is empty.
        told = {name: "" if value is None else value for name, value in told.items()}
        if mishap.wrong_amount:
            told["amount"] += WRONG_BY
        return {
            "code": protocol.SUCCESS,
            "desc": "success",
            "success": True,
            "data": told,
            "signature": mishap.sign(protocol.sign(told, self.checksum_key)),
        }


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _no(code: str, text: str, status: int = 200) -> Answer:
    return Answer.json({"code": code, "desc": text}, status=status)


def from_settings(
    *, webhook_url: str, port: int = 0, store: Store | None = None, interval_seconds: float = 5.0
) -> PayOSSandbox:
    """Make the payOS that the settings name."""
    options, account = settings.PAYOS, settings.BANK_ACCOUNT
    return PayOSSandbox(
        client_id=options["CLIENT_ID"],
        api_key=options["API_KEY"],
        checksum_key=options["CHECKSUM_KEY"],
        account=Account(account["BIN"], account["NUMBER"], account["NAME"]),
        webhook_url=webhook_url,
        port=port,
        store=store,
        interval_seconds=interval_seconds,
    )
