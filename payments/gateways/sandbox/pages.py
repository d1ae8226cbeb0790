"""The look of the sandboxes' pages: plain HTML that says clearly that no money moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from payments.gateways.sandbox.store import Row
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import Dong, format_dong

_STYLE = """
:root{color-scheme:light dark;--ink:#0f1f3d;--muted:#5a6780;--line:#d5dce8;--page:#f3f6fb;--card:#fff;--brand:#0b5cab}
@media(prefers-color-scheme:dark){:root{--ink:#e8eefb;--muted:#a3b0c8;--line:#33405a;--page:#0e1626;--card:#172238;--brand:#6db3ff}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
.test{margin:0;padding:.6rem 1rem;background:#ffd84d;color:#3d2f00;text-align:center;font-weight:600}
main{max-width:30rem;margin:0 auto;padding:1.5rem 1rem}main.wide{max-width:64rem}h1{font-size:1.35rem;margin:0 0 1rem}
h2{font-size:1.05rem;margin:0 0 .75rem}.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;
margin:0 0 1rem;overflow-x:auto}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1rem;margin:0 0 1.25rem}dt{color:var(--muted)}
dd{margin:0;text-align:right;overflow-wrap:anywhere}.amount{font-size:1.4rem;font-weight:700}
form{display:grid;gap:.6rem}button{font:inherit;min-height:48px;padding:.5rem 1rem;border-radius:10px;cursor:pointer;
border:1px solid var(--line);background:transparent;color:var(--ink)}
button.main{background:#0b5cab;border-color:#0b5cab;color:#fff;font-weight:600;min-height:54px}
button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
a{color:var(--brand)}.switches{display:grid;align-items:end;gap:.6rem 1rem;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr))}
label{display:grid;gap:.2rem;color:var(--muted);font-size:.9rem}input,select{font:inherit;min-height:44px;padding:.4rem .6rem;
border:1px solid var(--line);border-radius:8px;background:var(--page);color:var(--ink);width:100%}
.log{max-height:24rem;overflow:auto}details{margin-top:.4rem}summary{cursor:pointer;min-height:44px;padding:.6rem 0;color:var(--muted)}
details div{display:grid;gap:.6rem}table{width:100%;border-collapse:collapse;font-size:.85rem}
td,th{padding:.4rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
"""

WORDS = {
    "vi": {
        "test": "Cổng thanh toán thử. Không có tiền thật nào được chuyển.",
        "title": "Thanh toán qua {label} (thử)",
        "amount": "Số tiền",
        "order": "Nội dung",
        "reference": "Mã giao dịch",
        "until": "Hạn thanh toán",
        "other": "Các kết quả khác để thử",
        "error": "Không mở được giao dịch",
        "code": "Mã lỗi",
    },
    "en": {
        "test": "Test payment page. No real money moves.",
        "title": "Pay with {label} (test)",
        "amount": "Amount",
        "order": "Description",
        "reference": "Transaction reference",
        "until": "Pay before",
        "other": "Other results to try",
        "error": "This payment cannot be opened",
        "code": "Error code",
    },
}

# The switches for people; a switch without words here is shown by its name.
SWITCHES = {
    "outcome": "Kết thúc ngay bằng",
    "delay_ms": "Thông báo chậm (ms)",
    "duplicate": "Thông báo lặp lại thêm (lần)",
    "drop": "Thông báo thất lạc (lần đầu)",
    "reorder": "Khách về trước thông báo",
    "corrupt_signature": "Thông báo sai chữ ký (số lần)",
    "wrong_amount": "Thông báo sai số tiền (số lần)",
    "http_status": "API trả mã lỗi HTTP",
    "api_delay_ms": "API trả lời chậm (ms)",
    "reject_refunds": "Từ chối hoàn tiền",
    "refund_seconds": "Hoàn tiền mất (giây)",
    "clock_offset_seconds": "Đồng hồ chạy trước (giây)",
    "settlement_missing": "Đối soát: thiếu (dòng)",
    "settlement_extra": "Đối soát: thừa (dòng)",
    "settlement_changed_amount": "Đối soát: sai tiền (dòng)",
    "settlement_changed_fee": "Đối soát: sai phí (dòng)",
    "settlement_repeated": "Đối soát: lặp (dòng)",
}


@dataclass(frozen=True, slots=True)
class Button:
    """One way to end a payment; `main` ones stand out, `quiet` ones are folded away."""

    value: str
    label: str
    is_main: bool = False
    is_quiet: bool = False


def words(language: str) -> dict[str, str]:
    """Return the words of a language; Vietnamese for one that we do not speak."""
    return WORDS["en" if language.startswith("en") else "vi"]


def page(language: str, title: str, body: str, *, is_wide: bool = False) -> str:
    """Return a whole page; `body` is HTML."""
    lang = "en" if language.startswith("en") else "vi"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<p class="test" role="status">{words(language)["test"]}</p>'
        f"<main{' class=wide' if is_wide else ''}>{body}</main></body></html>"
    )


def pay_page(
    *,
    language: str,
    label: str,
    amount: Dong,
    facts: Sequence[tuple[str, str]],
    action: str,
    token: str,
    buttons: Sequence[Button],
    before_buttons: str = "",
) -> str:
    """Return the page on which the payer pays, cancels, or plays a mishap.

    The form posts `token` and the chosen button's value as `outcome` to `action`. `facts` are plain text,
    `before_buttons` is HTML for fields of the provider's own.
    """
    said = words(language)
    title = said["title"].format(label=label)
    rows = [(said["amount"], f'<span class="amount">{escape(format_dong(amount))}</span>')]
    rows += [(escape(name), escape(value)) for name, value in facts]
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    loud = "".join(_button(button) for button in buttons if not button.is_quiet)
    quiet = "".join(_button(button) for button in buttons if button.is_quiet)
    folded = f"<details><summary>{said['other']}</summary><div>{quiet}</div></details>" if quiet else ""
    body = (
        f'<h1>{escape(title)}</h1><div class="card"><dl>{listed}</dl>'
        f'<form method="post" action="{escape(action)}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f"{before_buttons}{loud}{folded}</form></div>"
    )
    return page(language, title, body)


def error_page(language: str, text: str, code: str = "") -> str:
    """Return the page that a provider shows instead when the request is wrong."""
    said = words(language)
    coded = f"<p>{said['code']}: <b>{escape(code)}</b></p>" if code else ""
    body = f'<h1>{said["error"]}</h1><div class="card"><p>{escape(text)}</p>{coded}</div>'
    return page(language, said["error"], body)


def index_page(*, label: str, log: Sequence[Row], switches: Row, day: str, extra: str = "") -> str:
    """Return what happened here, newest first, and the switches as a form; `extra` is HTML above them."""
    fields = "".join(_switch(name, value) for name, value in switches.items())
    events = "".join(
        f"<tr><td>{escape(_time(row))}</td><td>{escape(str(row['event']))}</td><td>{escape(_rest(row))}</td></tr>"
        for row in reversed(log)
    )
    body = (
        f"<h1>{escape(label)} (thử)</h1>{extra}"
        f'<div class="card"><h2>Diễn biến</h2><div class="log" tabindex="0">'
        f"<table>{events or '<tr><td>Chưa có gì.</td></tr>'}</table></div></div>"
        f'<div class="card"><h2>Công tắc</h2><form method="post" action="/_control">'
        f'<div class="switches">{fields}</div><button class="main">Đặt công tắc</button></form></div>'
        f'<div class="card"><h2>Tệp đối soát</h2><form method="get" action="/_settlement"><label>Ngày'
        f'<input type="date" name="day" value="{escape(day)}"></label><button>Tải tệp CSV</button></form></div>'
    )
    return page("vi", f"{label} (thử)", body, is_wide=True)


def _button(button: Button) -> str:
    emphasis = " class=main" if button.is_main else ""
    return f'<button name="outcome" value="{escape(button.value)}"{emphasis}>{escape(button.label)}</button>'


def _switch(name: str, value: object) -> str:
    if isinstance(value, bool):
        options = "".join(
            f'<option value="{"on" if state else "off"}"{" selected" if state is value else ""}>'
            f"{'bật' if state else 'tắt'}</option>"
            for state in (False, True)
        )
        control = f'<select name="{name}">{options}</select>'
    elif isinstance(value, int | float):
        control = f'<input type="number" step="any" name="{name}" value="{value}">'
    else:
        control = f'<input name="{name}" value="{escape(str(value))}">'
    return f'<label title="{name}">{SWITCHES.get(name, name)}{control}</label>'


def _time(row: Row) -> str:
    return f"{datetime.fromisoformat(row['at']).astimezone(LOCAL_ZONE):%d/%m %H:%M:%S}"


def _rest(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if name not in {"at", "event"})
