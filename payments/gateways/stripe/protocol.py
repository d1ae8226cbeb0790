"""Stripe's wire format, API 2026-10-28: forms with brackets, the signature of a webhook, its words.

Pure functions, shared by the gateway and the local sandbox. VND has no smaller unit: amounts go as they are.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from voltgo.core.money import Dong

Json = dict[str, Any]

VERSION = "2026-10-28.endive"
CURRENCY = "vnd"
# Stripe's least amount is half a unit of the currency in which it settles (0.50 USD, about 13,200 dong at
# the end of 2026), converted at its own rate of the day. We stay clear of it.
MIN_AMOUNT: Dong = 20_000
# Eight digits, for every currency that has no exception of its own; the dong has none.
MAX_AMOUNT: Dong = 99_999_999
# How far a webhook's time may lie from ours, before or after.
MOST_SKEW = timedelta(seconds=300)
# Checkout takes no shorter life than 30 minutes from its creation and none longer than a day.
SHORTEST_SESSION = timedelta(minutes=30)
LONGEST_SESSION = timedelta(hours=24)
# An idempotency key answers for so long at least.
KEYS_LIVE = timedelta(hours=24)

# Names in `metadata`, on the session and on the payment intent.
MERCHANT_REF = "merchant_ref"
USE = "use"
PAY_BEFORE = "pay_before"
# On a refund.
REQUEST_ID = "request_id"

# What a payment intent is for, as `metadata[use]` says.
CHARGE = "charge"
# Charged now, and the card kept for the deposit.
CHARGE_AND_KEEP = "charge_and_keep"
# Held on the page instead of charged.
HOLD = "hold"
# Held on a kept card, without the payer.
HOLD_KEPT = "hold_kept"

BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "diners": "Diners Club",
    "discover": "Discover",
}


# --- Forms --------------------------------------------------------------------------------------
def encode(parameters: Mapping[str, Any]) -> str:
    """Write nested values as Stripe reads them: `a[b][0]=c`; brackets plain, None left out."""
    return "&".join(f"{_name(name)}={quote_plus(value)}" for name, value in _pairs("", parameters))


def _name(name: str) -> str:
    return quote_plus(name, safe="[]")


def _pairs(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _pairs(f"{prefix}[{name}]" if prefix else str(name), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _pairs(f"{prefix}[{index}]", inner)
    elif isinstance(value, bool):
        yield prefix, "true" if value else "false"
    elif value is not None:
        yield prefix, str(value)


# --- Webhooks -----------------------------------------------------------------------------------
def sign(body: bytes, timestamp: int, secret: str) -> str:
    """Return the v1 signature: HMAC-SHA256 over "time.body", in hexadecimal."""
    return hmac.new(secret.encode(), b"%d.%b" % (timestamp, body), hashlib.sha256).hexdigest()


def signature_header(body: bytes, timestamp: int, *secrets: str) -> str:
    """Return the header `Stripe-Signature`; while a secret is being changed it carries one v1 for each."""
    return ",".join([f"t={timestamp}", *(f"v1={sign(body, timestamp, secret)}" for secret in secrets)])


def verify(header: str, body: bytes, secret: str, now: datetime) -> bool:
    """Return whether Stripe sent this body, now.

    Any of several v1 may match. A time more than 300 seconds away is refused in both directions: an old one is
    a replay, and one from the future would stay valid for as long as its sender likes.
    """
    times: list[str] = []
    signatures: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value)
    # int() reads digits of any script and the like; Stripe writes plain ones.
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
        return False
    timestamp = int(times[0])
    if not secret or abs(now.timestamp() - timestamp) > MOST_SKEW.total_seconds():
        return False
    expected = sign(body, timestamp, secret).encode()
    matches = [hmac.compare_digest(expected, signature.encode()) for signature in signatures]
    return any(matches)


# --- Words --------------------------------------------------------------------------------------
def card_label(card: Mapping[str, Any]) -> str:
    """Return how a card is shown, such as "Visa •••• 4242"."""
    brand = str(card.get("brand") or "")
    name = BRANDS.get(brand, brand.replace("_", " ").title() or "Card")
    last = str(card.get("last4") or "")
    return f"{name} •••• {last}" if last else name
