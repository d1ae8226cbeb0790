"""Stripe's hosted page: the payer picks a test card instead of entering a number, and may be asked for a code."""

from collections.abc import Sequence
from html import escape

from payments.gateways.sandbox import pages
from payments.gateways.sandbox.pages import Button
from payments.gateways.stripe.protocol import Json
from payments.gateways.stripe.sandbox.cards import CARDS, MAIN
from voltgo.core.money import format_dong

CLOSED = frozenset({"won", "lost", "warning_closed"})
APPROVE, REJECT, CANCEL = "approve", "reject", "cancel"

_WORDS = {
    "vi": {
        "order": "Nội dung",
        "reference": "Mã giao dịch",
        "hold": "Khoản tiền này được giữ trên thẻ, chưa bị trừ. Thẻ được lưu ở cổng thanh toán để gia hạn khi cần.",
        "keep": "Thẻ được lưu ở cổng thanh toán để giữ tiền cọc sau này.",
        "declined": "Ngân hàng của thẻ từ chối. Hãy chọn thẻ khác.",
        "cancel": "Quay lại, không thanh toán",
        "code_title": "Ngân hàng của thẻ hỏi mã xác thực",
        "approve": "Nhập đúng mã",
        "reject": "Nhập sai mã",
        "gone": "Trang thanh toán này đã đóng.",
    },
    "en": {
        "order": "Description",
        "reference": "Transaction reference",
        "hold": "This amount is held, not charged. The card is kept by the payment provider to renew the hold.",
        "keep": "The card is kept by the payment provider to hold the deposit later.",
        "declined": "The card's bank declined. Choose another card.",
        "cancel": "Go back without paying",
        "code_title": "The card's bank asks for a code",
        "approve": "Enter the right code",
        "reject": "Enter a wrong code",
        "gone": "This payment page is closed.",
    },
}


def language_of(session: Json) -> str:
    return "en" if session["locale"] == "en" else "vi"


def pay_page(session: Json, *, was_declined: bool) -> str:
    """Return the page on which the payer picks a card."""
    language = language_of(session)
    said = _WORDS[language]
    asked = session["_asked_of_intent"]
    is_hold = asked.get("capture_method") == "manual"
    note = said["hold"] if is_hold else said["keep"] if asked.get("setup_future_usage") else ""
    told = f"<p>{escape(note)}</p>" if note else ""
    alert = f'<p role="alert"><b>{escape(said["declined"])}</b></p>' if was_declined else ""
    buttons = [
        Button(
            card.token,
            card.label if language == "vi" else card.label_en,
            is_main=card.token == MAIN,
            is_quiet=bool(card.refusal or card.later or card.disputes),
        )
        for card in CARDS.values()
    ]
    return pages.pay_page(
        language=language,
        label="Stripe",
        amount=session["amount_total"],
        facts=[(said["order"], session["_item"]), (said["reference"], session["client_reference_id"] or "–")],
        action=f"/c/pay/{session['id']}",
        token=session["id"],
        buttons=[*buttons, Button(CANCEL, said["cancel"])],
        before_buttons=alert + told,
    )


def code_page(session: Json) -> str:
    """Return the page of the card's bank (3-D Secure)."""
    language = language_of(session)
    said = _WORDS[language]
    body = (
        f'<h1>{escape(said["code_title"])}</h1><div class="card">'
        f'<p class="amount">{escape(format_dong(session["amount_total"]))}</p>'
        f'<form method="post" action="/3ds/{escape(session["id"])}">'
        f'<button class="main" name="outcome" value="{APPROVE}">{escape(said["approve"])}</button>'
        f'<button name="outcome" value="{REJECT}">{escape(said["reject"])}</button></form></div>'
    )
    return pages.page(language, said["code_title"], body)


def closed_page(session: Json | None) -> str:
    """Return what is shown once a session is over, or never was."""
    language = language_of(session) if session else "vi"
    return pages.error_page(language, _WORDS[language]["gone"])


def overview(intents: Sequence[Json], disputes: Sequence[Json]) -> str:
    """Return the newest payments, each with what its payer's bank may do about it."""
    open_ones = {row["payment_intent"]: row["id"] for row in disputes if row["status"] not in CLOSED}
    rows = "".join(
        f"<tr><td>{escape(row['id'])}</td><td>{escape(row['metadata'].get('merchant_ref', ''))}</td>"
        f"<td>{escape(format_dong(row['amount']))}</td><td>{escape(row['status'])}</td>"
        f"<td>{_bank_buttons(row, open_ones.get(row['id'], ''))}</td></tr>"
        for row in intents
    )
    empty = "<tr><td>Chưa có gì.</td></tr>"
    return f'<div class="card"><h2>Thanh toán</h2><table>{rows or empty}</table></div>'


def _bank_buttons(intent: Json, dispute: str) -> str:
    if dispute:
        return (
            f'<form method="post" action="/_dispute/{escape(dispute)}/close">'
            '<button name="status" value="won">Ta thắng</button>'
            '<button name="status" value="lost">Ta thua</button></form>'
        )
    if intent["status"] != "succeeded":
        return ""
    return (
        '<form method="post" action="/_dispute">'
        f'<input type="hidden" name="payment_intent" value="{escape(intent["id"])}">'
        '<button name="reason" value="fraudulent">Chủ thẻ khiếu nại</button></form>'
    )
