"""Short codes that people read aloud: no vowels that form words, no look-alikes."""

import secrets

ALPHABET = "2345679ACDEFGHJKMNPQRTVWXYZ"


def new_code(prefix: str, length: int = 6) -> str:
    """Return e.g. `VG-7K2M4Q`. 27^6 is 387 million; the column's unique constraint is the judge."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"


def new_number(prefix: str, digits: int = 10) -> str:
    """Return e.g. `2611220123456789`: a code for those who take numbers only."""
    return f"{prefix}{secrets.randbelow(10**digits):0{digits}d}"
