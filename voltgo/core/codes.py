"""Short codes that people read aloud: no vowels that form words, no look-alikes."""

import secrets

ALPHABET = "2345679ACDEFGHJKMNPQRTVWXYZ"


def new_code(prefix: str, length: int = 6) -> str:
    """Return e.g. `VG-7K2M4Q`. 27^6 is 387 million; the column's unique constraint is the judge."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"
