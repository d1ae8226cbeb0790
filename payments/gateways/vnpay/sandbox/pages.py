"""The sandbox's pages: plain HTML that says clearly that no money moves."""

from html import escape

from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.outcomes import OUTCOMES
from payments.gateways.vnpay.sandbox.store import Row
from voltgo.core.money import format_dong

_STYLE = """
:root{color-scheme:light dark;--ink:#0f1f3d;--muted:#5a6780;--line:#d5dce8;--page:#f3f6fb;--card:#fff;--brand:#0b5cab}
@media(prefers-color-scheme:dark){:root{--ink:#e8eefb;--muted:#a3b0c8;--line:#33405a;--page:#0e1626;--card:#172238;--brand:#6db3ff}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
.test{margin:0;padding:.6rem 1rem;background:#ffd84d;color:#3d2f00;text-align:center;font-weight:600}
main{max-width:30rem;margin:0 auto;padding:1.5rem 1rem}h1{font-size:1.35rem;margin:0 0 1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1rem;margin:0 0 1.25rem}dt{color:var(--muted)}
dd{margin:0;text-align:right;overflow-wrap:anywhere}.amount{font-size:1.4rem;font-weight:700}
form{display:grid;gap:.6rem}button{font:inherit;min-height:48px;padding:.5rem 1rem;border-radius:10px;cursor:pointer;
border:1px solid var(--line);background:transparent;color:var(--ink)}
button.main{background:#0b5cab;border-color:#0b5cab;color:#fff;font-weight:600;min-height:54px}
button:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
details{margin-top:.4rem}summary{cursor:pointer;min-height:44px;padding:.6rem 0;color:var(--muted)}
details div{display:grid;gap:.6rem}table{width:100%;border-collapse:collapse;font-size:.85rem}
td,th{padding:.4rem;border-bottom:1px solid var(--line);text-align:left}
"""

WORDS = {
    "vn": {
        "lang": "vi",
        "test": "Cổng thanh toán thử. Không có tiền thật nào được chuyển.",
        "title": "Thanh toán qua VNPay (thử)",
        "amount": "Số tiền",
        "order": "Nội dung",
        "reference": "Mã giao dịch",
        "until": "Hạn thanh toán",
        "other": "Các kết quả khác để thử",
        "error": "Không mở được giao dịch",
        "code": "Mã lỗi",
    },
    "en": {
        "lang": "en",
        "test": "Test payment page. No real money moves.",
        "title": "Pay with VNPay (test)",
        "amount": "Amount",
        "order": "Description",
        "reference": "Transaction reference",
        "until": "Pay before",
        "other": "Other results to try",
        "error": "This payment cannot be opened",
        "code": "Error code",
    },
}
ERRORS = {
    "01": ("Mã giao dịch đã được dùng trong ngày.", "The transaction reference was used today."),
    "02": ("Mã website không đúng.", "Unknown terminal code."),
    "03": ("Dữ liệu gửi sang không đúng định dạng.", "The data has a wrong format."),
    "91": ("Không tìm thấy giao dịch.", "No such transaction."),
    "97": ("Sai chữ ký.", "Wrong signature."),
}
MAIN = "success"


def pay_page(payment: Row) -> str:
    """Return the page on which the payer pays, cancels, or plays a mishap."""
    parameters: dict[str, str] = payment["parameters"]
    words = _words(parameters.get("vnp_Locale", "vn"))
    amount = protocol.from_wire_amount(parameters["vnp_Amount"]) or 0
    expires_at = protocol.from_wire_time(parameters.get("vnp_ExpireDate", ""))
    facts = [
        (words["amount"], f'<span class="amount">{escape(format_dong(amount))}</span>'),
        (words["order"], escape(parameters["vnp_OrderInfo"])),
        (words["reference"], escape(parameters["vnp_TxnRef"])),
        (words["until"], f"{expires_at:%H:%M:%S %d/%m/%Y}" if expires_at else "–"),
    ]
    rows = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts)
    is_english = words["lang"] == "en"
    buttons = {
        name: f'<button name="outcome" value="{name}"{" class=main" if name == MAIN else ""}>'
        f"{outcome.label_en if is_english else outcome.label}</button>"
        for name, outcome in OUTCOMES.items()
        if not outcome.hidden
    }
    mishaps = "".join(button for name, button in buttons.items() if name not in {MAIN, "cancel"})
    body = (
        f'<h1>{words["title"]}</h1><div class="card"><dl>{rows}</dl>'
        f'<form method="post" action="/paymentv2/confirm"><input type="hidden" name="token" value="{payment["token"]}">'
        f"{buttons[MAIN]}{buttons['cancel']}"
        f"<details><summary>{words['other']}</summary><div>{mishaps}</div></details></form></div>"
    )
    return _page(words, words["title"], body)


def error_page(code: str, locale: str = "vn") -> str:
    """Return the page that VNPay shows instead when the request is wrong."""
    words = _words(locale)
    text = ERRORS[code][1 if words["lang"] == "en" else 0]
    body = (
        f'<h1>{words["error"]}</h1><div class="card"><p>{text}</p><p>{words["code"]}: <b>{code}</b></p></div>'
    )
    return _page(words, words["error"], body)


def overview_page(payments: list[Row]) -> str:
    """Return the list of what happened here, for the curious."""
    rows = "".join(
        f"<tr><td>{escape(row['txn_ref'])}</td>"
        f"<td>{escape(format_dong(protocol.from_wire_amount(row['parameters']['vnp_Amount']) or 0))}</td>"
        f"<td>{escape(row['outcome'] or '…')}</td><td>{escape(row['transaction_no'])}</td></tr>"
        for row in payments
    )
    body = f'<h1>VNPay (thử)</h1><div class="card"><table>{rows}</table></div>'
    return _page(WORDS["vn"], "VNPay (thử)", body)


def _words(locale: str) -> dict[str, str]:
    return WORDS.get(locale, WORDS["vn"])


def _page(words: dict[str, str], title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{words["lang"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>'
        f'<body><p class="test" role="note">{words["test"]}</p><main>{body}</main></body></html>'
    )
