"""Identifiers as a browser makes them."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a UUID that begins with the present millisecond, as the tablet app makes its command ids."""
    millisecond = time.time_ns() // 1_000_000
    value = (millisecond << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)
