"""The page of the local payOS, on which a payer plays their banking app."""

from html import escape

import segno

from payments.gateways.payos.sandbox.account import Account
from payments.gateways.sandbox import pages
from payments.gateways.sandbox.store import Row
from voltgo.core.money import format_dong

WORDS = {
    "vi": {
        "account": "Tài khoản nhận",
        "memo": "Nội dung chuyển khoản",
        "paid": "Đã nhận",
        "status": "Trạng thái",
        "qr": "Mã VietQR",
        "exact": "Chuyển đúng số tiền",
        "cancel": "Hủy",
        "short": "Chuyển thiếu (một nửa)",
        "over": "Chuyển thừa 100.000 ₫",
        "twice": "Chuyển hai lần",
        "late": "Chuyển sau khi hết hạn",
        "garbled": "Chuyển với nội dung bị ngân hàng tách rời",
        "custom": "Chuyển số tiền ghi dưới đây",
        "custom_amount": "Số tiền khác",
    },
    "en": {
        "account": "To account",
        "memo": "Transfer memo",
        "paid": "Received",
        "status": "Status",
        "qr": "VietQR code",
        "exact": "Transfer the exact amount",
        "cancel": "Cancel",
        "short": "Transfer too little (half)",
        "over": "Transfer 100,000 ₫ too much",
        "twice": "Transfer twice",
        "late": "Transfer after it expired",
        "garbled": "Transfer with a memo that the bank broke up",
        "custom": "Transfer the amount below",
        "custom_amount": "Another amount",
    },
}
MAIN, LOUD = "exact", ("exact", "cancel")
QUIET = ("short", "over", "twice", "late", "garbled", "custom")


def checkout(*, language: str, link: Row, status: str, paid: int, account: Account, qr_text: str) -> str:
    """Return the page of one request."""
    said = WORDS["en" if language.startswith("en") else "vi"]
    drawn = segno.make(qr_text, error="m", micro=False).svg_inline(scale=4, border=2, light="#fff")
    return pages.pay_page(
        language=language,
        label="payOS",
        amount=link["amount"],
        facts=[
            (said["account"], f"{account.number} · {account.name}"),
            (said["memo"], link["description"]),
            (said["paid"], format_dong(paid)),
            (said["status"], status),
        ],
        action=f"/web/{link['id']}",
        token=link["id"],
        buttons=[
            *(pages.Button(value, said[value], is_main=value == MAIN) for value in LOUD),
            *(pages.Button(value, said[value], is_quiet=True) for value in QUIET),
        ],
        before_buttons=(
            f'<div role="img" aria-label="{escape(said["qr"])}">{drawn}</div>'
            f"<label>{escape(said['custom_amount'])}"
            f'<input type="number" name="amount" min="1" value="{max(link["amount"] - paid, 1)}"></label>'
        ),
    )
