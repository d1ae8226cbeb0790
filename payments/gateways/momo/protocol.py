"""MoMo's wire format as pure functions: signatures, result codes, limits and texts.

Sources: developers.momo.vn, the pages on one-time payments, confirming, querying, refunding, notifications and
result codes of version 3. Tests compare the signature with messages that MoMo itself signed with its public
test keys.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from payments.gateways.base import FactKind, FailureReason
from voltgo.core.money import Dong

MIN_AMOUNT: Dong = 1_000
MAX_AMOUNT: Dong = 50_000_000
ORDER_ID = re.compile(r"^[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*$")
LONGEST_REQUEST_ID = 50
LONGEST_INFO = 200

CREATE_PATH = "/v2/gateway/api/create"
QUERY_PATH = "/v2/gateway/api/query"
REFUND_PATH = "/v2/gateway/api/refund"
CONFIRM_PATH = "/v2/gateway/api/confirm"

# What is signed: raw values, never encoded, in this order. The access key is ours and in no notification.
CREATE_FIELDS = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl",
    "requestId", "requestType",
)  # fmt: skip
NOTIFICATION_FIELDS = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode",
    "payType", "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip
QUERY_FIELDS = ("accessKey", "orderId", "partnerCode", "requestId")
REFUND_FIELDS = (
    "accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId",
)  # fmt: skip
CONFIRM_FIELDS = (
    "accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "requestType",
)  # fmt: skip

SUCCESS = 0
AUTHORIZED = 9000
# Under way: created, waiting for the payer or for a bank. Never a failure.
PENDING = frozenset({1000, 7000, 7002, 8000})
# Of these: the payer has confirmed, and MoMo or a bank is at it.
PROCESSING = frozenset({7000, 7002})
CANCELLED_AFTER_HOLD = 1003
CANCELLED_BY_US = 1017
# MoMo's list calls these final.
FAILED = frozenset({98, 99, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1017, 1026, 2019, 4001, 4002, 4100})
NOT_FOUND = 42
# The request id or the order id was used before: the first request counts.
REPEATED = frozenset({40, 41})
# Nothing was done: maintenance, or our own settings, keys or format are wrong.
NOT_DONE = frozenset({10, 11, 12, 13, 20, 21, 22, 47})
# A refund that MoMo will never make.
REFUND_REFUSED = frozenset({20, 21, 22, 42, 47, 1080, 1081, 1088})

REASONS = {
    1001: FailureReason.NO_MONEY,
    1004: FailureReason.OVER_LIMIT,
    1005: FailureReason.TIMED_OUT,
    1006: FailureReason.CANCELLED,
    1017: FailureReason.CANCELLED,
    4100: FailureReason.WRONG_CODE,
}

# Besides letters and digits of any language. What separates fields of the signed text stays out.
_NOT_PLAIN = re.compile(r"[^\w \-.:/]+")
_HOLD = "hold"


def raw_text(message: Mapping[str, object], fields: tuple[str, ...]) -> str:
    """Return the text that is signed."""
    return "&".join(f"{name}={_text(message.get(name))}" for name in fields)


def sign(message: Mapping[str, object], fields: tuple[str, ...], secret: str) -> str:
    return hmac.new(
        secret.encode(), raw_text(message, fields).encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()


def verify(message: Mapping[str, object], fields: tuple[str, ...], secret: str) -> bool:
    """Return whether a message is signed. Every field must be there: MoMo sends what is empty as empty."""
    given = message.get("signature")
    if not isinstance(given, str) or any(name not in message for name in fields):
        return False
    return hmac.compare_digest(sign(message, fields, secret).encode(), given.encode("utf-8", "surrogatepass"))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def integer(value: object) -> int | None:
    """Read a whole number, which comes as a number in JSON and as text in an address; None if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def moment(value: object) -> datetime | None:
    """Read a time in thousandths of a second."""
    number = integer(value)
    try:
        return None if not number else datetime.fromtimestamp(number / 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


def extra_data(*, is_hold: bool) -> str:
    """Return what comes back with the notification, signed: whether the amount was to be held only."""
    return base64.b64encode(json.dumps({_HOLD: True}).encode()).decode() if is_hold else ""


def is_hold(extra: object) -> bool:
    """Read what `extra_data` wrote."""
    try:
        told = json.loads(base64.b64decode(str(extra or ""), validate=True) or b"{}")
    except ValueError:
        return False
    return isinstance(told, dict) and told.get(_HOLD) is True


def plain(text: str) -> str:
    """Take out of a text what could be mistaken for a separator of the signed text."""
    return " ".join(_NOT_PLAIN.sub(" ", text).split())[:LONGEST_INFO]


def judge(code: int, *, is_hold: bool) -> FactKind:
    """Say what a result code means for a payment, or for an amount that was to be held.

    Only 0 is money. 9000 without a hold is on its way to 0. A code that is not in MoMo's list says nothing,
    so it is asked about again.
    """
    if is_hold:
        return _judge_hold(code)
    if code == SUCCESS:
        return FactKind.SUCCEEDED
    return FactKind.FAILED if code in FAILED else FactKind.PENDING


def _judge_hold(code: int) -> FactKind:
    if code == AUTHORIZED:
        return FactKind.AUTHORIZED
    if code == SUCCESS:
        return FactKind.HOLD_CAPTURED
    if code in {CANCELLED_AFTER_HOLD, CANCELLED_BY_US}:
        return FactKind.HOLD_ENDED
    return FactKind.HOLD_FAILED if code in FAILED else FactKind.HOLD_PENDING


def judge_refund(code: int) -> FactKind:
    """Say what a result code of a refund means; what is neither done nor refused is under way."""
    if code == SUCCESS:
        return FactKind.REFUND_SUCCEEDED
    return FactKind.REFUND_FAILED if code in REFUND_REFUSED else FactKind.REFUND_PENDING


def failure_reason(code: int) -> FailureReason:
    return REASONS.get(code, FailureReason.OTHER)
