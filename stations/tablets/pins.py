"""Which PINs are refused, and how one is hashed; knows no database."""

from __future__ import annotations

import re

from django.contrib.auth.hashers import check_password, make_password

from voltgo.core.crypto import keyed_hash

PIN_DIGITS = 6
SHAPE = re.compile(rf"[0-9]{{{PIN_DIGITS}}}", re.ASCII)
RISING = "01234567890123456789"
# Rows and columns of a keypad, and what people type first (a few lists of leaked PINs agree on them).
COMMON = frozenset(
    {"147258", "258369", "369258", "159753", "159357", "147369", "789456", "456123", "112233", "123321"}
    | {"696969", "520520", "131420", "198888", "202020", "102030", "686868", "868686", "797979", "838383"}
)


def is_pin(text: str) -> bool:
    """Say whether this is six digits at all."""
    return SHAPE.fullmatch(text) is not None


def is_weak(pin: str, *, known: tuple[str, ...] = ()) -> bool:
    """Say whether somebody would try this one early; `known` are numbers that colleagues know, as a phone's."""
    half, third = PIN_DIGITS // 2, PIN_DIGITS // 3
    return (
        pin in COMMON
        or pin in RISING
        or pin in RISING[::-1]
        or len(set(pin)) <= 2
        or pin == pin[:half] * 2
        or pin == pin[:third] * 3
        or any(pin in number for number in known if number)
    )


def hash_pin(pin: str, *, person: str) -> str:
    """Hash a PIN with the server's key and the person: a stolen table alone is no list of a million tries."""
    return make_password(_peppered(pin, person))


def is_right(pin: str, encoded: str, *, person: str) -> bool:
    """Compare in constant time."""
    return check_password(_peppered(pin, person), encoded)


def _peppered(pin: str, person: str) -> str:
    return keyed_hash(f"staff-pin:{person}:{pin}")
