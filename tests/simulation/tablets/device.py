"""One tablet as the protocol has it: an outbox that survives, a clock that is wrong, and people who kill the app."""

import hashlib
import json
import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulation.tablets.network import Answer, Network, NoAnswer

FINAL = frozenset({"applied", "conflict", "rejected", "resolved"})
BATCH = 20
# Small, so that a photograph goes in many pieces.
PIECE = 1_500


class Killed(Exception):
    """The app is gone in the middle of something; what was stored is stored."""


@dataclass(slots=True)
class Kept:
    """One command as it lies in the tablet's storage."""

    body: dict[str, Any]
    done_at: datetime
    is_settled: bool = False
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(slots=True)
class Device:
    """A tablet: what it has stored, and how it goes about sending it."""

    name: str
    actor: str
    network: Network
    rng: random.Random
    now: Callable[[], datetime]
    # Its clock against the true one.
    skew: timedelta = timedelta(0)
    offset_ms: int | None = None
    seq: int = 0
    commands: list[Kept] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    csrf: str = ""

    def do(
        self,
        kind: str,
        subject: str,
        payload: dict[str, Any],
        *,
        ticket: str = "",
        files: dict[str, tuple[bytes, str]] | None = None,
        command_id: str = "",
    ) -> Kept:
        """Put down one command with its files, all or nothing."""
        self.seq += 1
        named = []
        for role, (content, mime) in (files or {}).items():
            sha256 = hashlib.sha256(content).hexdigest()
            self.files[sha256] = content
            named.append({"role": role, "sha256": sha256, "size": len(content), "mime": mime})
        body = {
            "id": command_id or new_id(self.clock()),
            "seq": self.seq,
            "schema": 1,
            "kind": kind,
            "subject": subject,
            "ticket": ticket,
            "actor": self.actor,
            "device_at": self.clock().isoformat(),
            "offset_ms": self.offset_ms,
            "payload": payload,
            "files": named,
        }
        # As it is stored: text, which no later change of an object reaches.
        kept = Kept(json.loads(json.dumps(body)), self.now())
        self.commands.append(kept)
        return kept

    def clock(self) -> datetime:
        """Return what the tablet believes the time to be."""
        return self.now() + self.skew

    def stamp(self) -> str:
        return self.clock().astimezone(UTC).isoformat()

    @property
    def unsettled(self) -> list[Kept]:
        return [kept for kept in self.commands if not kept.is_settled]

    def sync(self, *, kill_after: int | None = None) -> bool:
        """Try to send everything; say whether nothing is left. `kill_after`: the app dies after so many calls."""
        left = [kill_after]
        try:
            self._hello(left)
            self._send(left)
        except (NoAnswer, Killed):
            return False
        return not self.unsettled

    def _call(self, left: list[int | None], send: Callable[[], Any]) -> Answer:
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return self.network.call(send)

    def _hello(self, left: list[int | None]) -> None:
        before = self.clock()
        answer = self._call(left, lambda: self.network.client.get("/station/api/session"))
        if answer.status != 200:
            raise NoAnswer
        middle = before + (self.clock() - before) / 2
        self.offset_ms = round(
            (datetime.fromisoformat(answer.body["now"]) - middle) / timedelta(milliseconds=1)
        )
        self.csrf = answer.body["csrf"]

    def _send(self, left: list[int | None]) -> None:
        waiting = sorted(self.unsettled, key=lambda kept: int(kept.body["seq"]))
        if self.rng.random() < 0.1:
            # What the protocol forbids and a bug might do: the server has to bear any order.
            self.rng.shuffle(waiting)
        for start in range(0, len(waiting), BATCH):
            self._send_batch(waiting[start : start + BATCH], left)
        # Files have come since: what was waiting for them is settled now.
        rest = [kept for kept in waiting if not kept.is_settled]
        if rest:
            self._send_batch(rest[:BATCH], left)

    def _send_batch(self, batch: list[Kept], left: list[int | None]) -> None:
        text = json.dumps(
            {
                "commands": [kept.body for kept in batch],
                "waiting": len(self.unsettled),
                "app_version": "simulated",
            }
        )
        answer = self._call(
            left,
            lambda: self.network.client.post(
                "/station/api/sync", text, content_type="application/json", headers={"X-CSRFToken": self.csrf}
            ),
        )
        if answer.status != 200:
            raise NoAnswer
        by_id = {result["id"]: result for result in answer.body["results"]}
        for kept in batch:
            result = by_id[kept.id]
            for lacking in result["missing"]:
                self._upload(lacking["sha256"], int(lacking["offset"]), left)
            if result["state"] in FINAL and not result["missing"]:
                kept.is_settled, kept.result = True, result

    def _upload(self, sha256: str, offset: int, left: list[int | None]) -> None:
        content = self.files[sha256]
        for _try in range(len(content) // PIECE + 20):
            if offset >= len(content):
                return
            piece = content[offset : offset + PIECE]
            if self.network.is_bad and self.rng.random() < 0.05:
                # Cut inside the piece: what arrived arrived, and the tablet must ask where to go on.
                self.network.happened["piece cut"] += 1
                piece = piece[: self.rng.randrange(1, len(piece) + 1)]
                self._put(sha256, offset, piece, len(content), left)
                raise NoAnswer
            answer = self._put(sha256, offset, piece, len(content), left)
            if answer.status == 422:
                offset = 0
                continue
            if answer.status not in (200, 201, 409):
                raise NoAnswer
            offset = len(content) if answer.body.get("stored") else int(answer.body["received"])

    def _put(self, sha256: str, offset: int, piece: bytes, total: int, left: list[int | None]) -> Answer:
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(total), "X-CSRFToken": self.csrf}
        return self._call(
            left,
            lambda: self.network.client.put(
                f"/station/api/files/{sha256}",
                piece,
                content_type="application/octet-stream",
                headers=headers,
            ),
        )


def new_id(moment: datetime) -> str:
    """Return a UUIDv7 of a moment."""
    value = int(moment.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
