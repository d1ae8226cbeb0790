"""Idempotency keys: what was answered to a change, so that its repetition is answered the same way."""

import hashlib
from datetime import datetime

from payments.gateways.sandbox.store import Store
from payments.gateways.stripe.protocol import KEYS_LIVE, Json
from payments.gateways.stripe.sandbox.errors import ApiError, invalid

LONGEST_KEY = 255
KIND = "replay"


class Replays:
    """Remembers answers for a day. Used inside the transaction of the change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, key: str, path: str, body: bytes) -> tuple[int, Json] | None:
        """Return what was answered; raises ApiError if the key was used for something else."""
        if len(key) > LONGEST_KEY:
            raise invalid("Idempotency keys may be 255 characters long.")
        found = self._store.get(KIND, key)
        if found is None or self._is_old(found):
            return None
        if found["request"] != _request(path, body):
            raise ApiError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            )
        return int(found["status"]), found["answer"]

    def keep(self, key: str, path: str, body: bytes, status: int, answer: Json) -> None:
        """Remember an answer. What was refused before anything was done may be corrected under the same key."""
        if status not in {200, 402}:
            return
        data = {
            "request": _request(path, body),
            "status": status,
            "answer": answer,
            "at": self._store.now().isoformat(),
        }
        if not self._store.add(KIND, key, data):
            self._store.change(KIND, key, **data)

    def _is_old(self, found: Json) -> bool:
        return self._store.now() - datetime.fromisoformat(found["at"]) > KEYS_LIVE


def _request(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\n" + body).hexdigest()
