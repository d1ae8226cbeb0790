"""VNPay's wire format as pure functions: signatures, codes, times and amounts.

Sources: the provider's pages "Cài đặt PAY" and "Truy vấn và hoàn tiền" for version 2.1.0. Tests compare the
signature with a public vector.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from payments.gateways.base import FactKind, FactOutcome, FailureReason
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import Dong

VERSION = "2.1.0"
# Twelve digits of hundredths of a dong.
MAX_AMOUNT: Dong = 9_999_999_999
SUCCESS = "00"
SUSPICIOUS = "07"
# The bank took the payer's money, VNPay did not count it as paid.
REVERSED = "04"
SETTLED = "20"
INCOMPLETE = "01"
ERROR = "02"
FAILURE_REASONS = {
    "11": FailureReason.TIMED_OUT,
    "13": FailureReason.WRONG_CODE,
    "24": FailureReason.CANCELLED,
    "51": FailureReason.NO_MONEY,
    "65": FailureReason.OVER_LIMIT,
    "79": FailureReason.WRONG_CODE,
}
REFUND_PENDING_STATUSES = frozenset({"05", "06"})
REFUND_REJECTED = "09"
PAY, FULL_REFUND, PARTIAL_REFUND = "01", "02", "03"

QUERY_FIELDS = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
    "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
)  # fmt: skip
QUERY_ANSWER_FIELDS = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef",
    "vnp_Amount", "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType",
    "vnp_TransactionStatus", "vnp_OrderInfo", "vnp_PromotionCode", "vnp_PromotionAmount",
)  # fmt: skip
REFUND_FIELDS = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef",
    "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr",
    "vnp_OrderInfo",
)  # fmt: skip
REFUND_ANSWER_FIELDS = QUERY_ANSWER_FIELDS[:-2]

# What we answer to a notification; VNPay calls again for every code but 00 and 02, ten times at most.
ANSWERS: dict[FactOutcome, tuple[str, str]] = {
    FactOutcome.RECORDED: ("00", "Confirm Success"),
    FactOutcome.SURPLUS: ("00", "Confirm Success"),
    FactOutcome.PARTIAL: ("00", "Confirm Success"),
    FactOutcome.IGNORED: ("00", "Confirm Success"),
    FactOutcome.REPEATED: ("02", "Order already confirmed"),
    FactOutcome.UNKNOWN_REFERENCE: ("01", "Order not found"),
    FactOutcome.MERCHANT_MISMATCH: ("01", "Order not found"),
    FactOutcome.AMOUNT_MISMATCH: ("04", "Invalid amount"),
    FactOutcome.CONFLICT: ("99", "Unknown error"),
    FactOutcome.UNDECIDED: ("99", "Not final"),
}
BAD_SIGNATURE = ("97", "Invalid signature")
OTHER_ERROR = ("99", "Unknown error")

_HASH_FIELDS = frozenset({"vnp_SecureHash", "vnp_SecureHashType"})
# Inside this set every language encodes an address alike; outside it they differ on ~ and *.
_PLAIN = re.compile(r"[^A-Za-z0-9 \-_.:/]+")
_TIME = "%Y%m%d%H%M%S"


def canonical(parameters: Mapping[str, str]) -> str:
    """Return the text that is signed: non-empty vnp_ parameters without the hash, sorted and form-encoded."""
    return urlencode(
        sorted(
            (name, value)
            for name, value in parameters.items()
            if name.startswith("vnp_") and name not in _HASH_FIELDS and value != ""
        )
    )


def sign(parameters: Mapping[str, str], secret: str) -> str:
    """Sign the parameters of a payment address, a notification or a return address."""
    return _hmac(canonical(parameters), secret)


def verify(parameters: Mapping[str, str], secret: str) -> bool:
    return hmac.compare_digest(
        sign(parameters, secret).encode(), parameters.get("vnp_SecureHash", "").lower().encode()
    )


def sign_fields(message: Mapping[str, str], fields: tuple[str, ...], secret: str) -> str:
    """Sign a query, a refund or an answer: raw values in a fixed order, joined by bars."""
    return _hmac("|".join(str(message.get(field, "")) for field in fields), secret)


def verify_fields(message: Mapping[str, str], fields: tuple[str, ...], secret: str) -> bool:
    return hmac.compare_digest(
        sign_fields(message, fields, secret).encode(), str(message.get("vnp_SecureHash", "")).lower().encode()
    )


def _hmac(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def payment_url(base: str, parameters: Mapping[str, str], secret: str) -> str:
    """Return the signed address to which the payer is sent."""
    return f"{base}?{canonical(parameters)}&vnp_SecureHash={sign(parameters, secret)}"


def to_wire_amount(amount: Dong) -> str:
    """Return dong as VNPay writes them: hundredths, at most twelve digits."""
    if not 0 < amount <= MAX_AMOUNT:
        raise ValueError(f"VNPay cannot carry {amount} dong")
    return str(amount * 100)


def from_wire_amount(text: str) -> Dong | None:
    """Read an amount; None if it is not a whole number of dong."""
    if not (text.isascii() and text.isdigit()):
        return None
    amount, rest = divmod(int(text), 100)
    return None if rest else amount


def to_wire_time(moment: datetime) -> str:
    """Write a moment in Vietnam's time, whatever the server's zone."""
    return moment.astimezone(LOCAL_ZONE).strftime(_TIME)


def from_wire_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=LOCAL_ZONE)
    except ValueError:
        return None


def plain(text: str, limit: int = 255) -> str:
    """Take accents and special characters out of a text that VNPay shows and signs."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(_PLAIN.sub(" ", letters).split())[:limit]


def is_plain(text: str) -> bool:
    return not _PLAIN.search(text)


def judge_notification(response_code: str, transaction_status: str) -> FactKind:
    """Say what a notification means. Paid only if both codes are 00 (VNPay's PHP sample says "or": a bug)."""
    if SUSPICIOUS in (response_code, transaction_status) or transaction_status == REVERSED:
        return FactKind.REVIEW
    if response_code != SUCCESS:
        return FactKind.FAILED
    return judge_status(transaction_status)


def judge_status(transaction_status: str) -> FactKind:
    """Say what the state of a payment means, as VNPay's query tells it."""
    if transaction_status in {SUCCESS, SETTLED}:
        return FactKind.SUCCEEDED
    if transaction_status == ERROR:
        return FactKind.FAILED
    if transaction_status in {SUSPICIOUS, REVERSED}:
        return FactKind.REVIEW
    return FactKind.PENDING


def failure_reason(response_code: str) -> FailureReason:
    """Say why a payment failed, as far as the payer can act on it."""
    return FAILURE_REASONS.get(response_code, FailureReason.OTHER)


def judge_refund_status(transaction_status: str) -> FactKind:
    if transaction_status in {SUCCESS, SETTLED}:
        return FactKind.REFUND_SUCCEEDED
    if transaction_status == REFUND_REJECTED:
        return FactKind.REFUND_FAILED
    return FactKind.REFUND_PENDING
