"""payOS's wire format as pure functions: signatures, order codes, times and transfers.

Sources: payOS's pages "Tích hợp webhook" and "API". Tests compare the signature with the published vector.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.gateways.base import BankParty, FailureReason
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import Dong

SUCCESS = "00"
# "There is a request with this order code already" and "no such request".
EXISTS = "231"
UNKNOWN = "101"
REQUEST_FIELDS = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
# What it accepts in one transfer of the instant network.
MIN_AMOUNT: Dong = 2_000
MAX_AMOUNT: Dong = 499_999_999

PENDING, PROCESSING, PAID, UNDERPAID = "PENDING", "PROCESSING", "PAID", "UNDERPAID"
CANCELLED, EXPIRED, FAILED = "CANCELLED", "EXPIRED", "FAILED"
# No money comes to these any more; what came before still counts.
ENDED = {
    CANCELLED: FailureReason.CANCELLED,
    EXPIRED: FailureReason.TIMED_OUT,
    FAILED: FailureReason.OTHER,
}
_TIME = "%Y-%m-%d %H:%M:%S"
_LARGEST_CODE = 2**53 - 1


# --- Signatures ---------------------------------------------------------------------------------
def canonical(data: Mapping[str, Any]) -> str:
    """Return the text that is signed: `name=value` of every field, sorted by name, joined by `&`.

    Over whatever fields there are, so that one that payOS adds tomorrow is verified like the others.
    """
    return "&".join(f"{name}={_text(data[name])}" for name in sorted(data))


def _text(value: Any) -> str:
    if value is None or value in ("null", "undefined"):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = [dict(sorted(each.items())) if isinstance(each, dict) else each for each in value]
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def sign(data: Mapping[str, Any], key: str) -> str:
    """Sign the `data` of a notification or of an answer."""
    return hmac.new(key.encode(), canonical(data).encode(), hashlib.sha256).hexdigest()


def sign_request(body: Mapping[str, Any], key: str) -> str:
    """Sign a request for a payment: five of its fields."""
    return sign({name: body[name] for name in REQUEST_FIELDS}, key)


def verify(data: object, signature: object, key: str) -> bool:
    if not isinstance(data, dict) or not isinstance(signature, str):
        return False
    return hmac.compare_digest(sign(data, key).encode(), signature.lower().encode())


# --- Order codes --------------------------------------------------------------------------------
def to_order_code(merchant_ref: str) -> int:
    """Return the number under which payOS knows an attempt: our reference, which is made of digits for it."""
    if not re.fullmatch(r"[1-9]\d{15}", merchant_ref, re.ASCII) or int(merchant_ref) > _LARGEST_CODE:
        raise ValueError("payOS knows an attempt by a number below 2**53")
    return int(merchant_ref)


def from_order_code(code: object) -> str:
    """Return our reference; what is no number of ours is returned as text, and names nothing."""
    return str(code)[:100] if isinstance(code, int | str) and not isinstance(code, bool) else ""


# --- Transfers ----------------------------------------------------------------------------------
def transfer_ref(account: object, reference: object) -> str:
    """Name one transfer: the bank's number of it counts within an account. Two may share one order code."""
    return f"{_text(account)}:{_text(reference)}"[:64] if reference else ""


def read_amount(value: object) -> Dong | None:
    """Read whole dong; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_time(value: object) -> datetime | None:
    """Read a bank's time, which is Vietnam's unless it says otherwise."""
    if not isinstance(value, str):
        return None
    try:
        # Takes both forms that payOS uses: "2023-02-04 18:25:00" and ISO 8601 with an offset.
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)


def write_time(moment: datetime) -> str:
    return moment.astimezone(LOCAL_ZONE).strftime(_TIME)


def sender_of(transfer: Mapping[str, Any]) -> BankParty | None:
    """Return who sent a transfer; None where the bank does not tell."""
    party = BankParty(
        bank=_text(transfer.get("counterAccountBankName") or transfer.get("counterAccountBankId"))[:80],
        number=_text(transfer.get("counterAccountNumber"))[:40],
        name=_text(transfer.get("counterAccountName"))[:120],
    )
    return party if party.number or party.name else None
