"""VNPay's pages: what the payer sees there."""

from payments.gateways.sandbox import pages
from payments.gateways.sandbox.store import Row
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.outcomes import OUTCOMES

LABEL = "VNPay"
CONFIRM_PATH = "/paymentv2/confirm"
MAIN = "success"
LOUD = frozenset({MAIN, "cancel"})
ERRORS = {
    "01": ("Mã giao dịch đã được dùng trong ngày.", "The transaction reference was used today."),
    "02": ("Mã website không đúng.", "Unknown terminal code."),
    "03": ("Dữ liệu gửi sang không đúng định dạng.", "The data has a wrong format."),
    "91": ("Không tìm thấy giao dịch.", "No such transaction."),
    "97": ("Sai chữ ký.", "Wrong signature."),
}


def pay_page(payment: Row) -> str:
    """Return the page on which the payer pays, cancels, or plays a mishap."""
    parameters: dict[str, str] = payment["parameters"]
    language = _language(parameters.get("vnp_Locale", "vn"))
    words = pages.words(language)
    expires_at = protocol.from_wire_time(parameters.get("vnp_ExpireDate", ""))
    return pages.pay_page(
        language=language,
        label=LABEL,
        amount=protocol.from_wire_amount(parameters["vnp_Amount"]) or 0,
        facts=[
            (words["order"], parameters["vnp_OrderInfo"]),
            (words["reference"], parameters["vnp_TxnRef"]),
            (words["until"], f"{expires_at:%H:%M:%S %d/%m/%Y}" if expires_at else "–"),
        ],
        action=CONFIRM_PATH,
        token=payment["token"],
        buttons=[
            pages.Button(
                name,
                outcome.label_en if language == "en" else outcome.label,
                is_main=name == MAIN,
                is_quiet=name not in LOUD,
            )
            for name, outcome in OUTCOMES.items()
            if not outcome.hidden
        ],
    )


def error_page(code: str, locale: str = "vn") -> str:
    """Return the page that VNPay shows instead when the request is wrong."""
    language = _language(locale)
    return pages.error_page(language, ERRORS[code][1 if language == "en" else 0], code)


def _language(locale: str) -> str:
    return "en" if locale == "en" else "vi"
