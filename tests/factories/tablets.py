"""A tablet in somebody's hands, as tests need it: it builds commands and sends them, past the network or by it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.cashdesk.place import drawer_of
from rentals.contracts import services as contracts
from rentals.contracts.services.offline import agreement_text
from rentals.contracts.texts.plain import text_sha256
from rentals.handovers.enums import InspectionKind
from rentals.sync import canonical
from rentals.sync.services import receive, settle_with_file
from rentals.sync.services.files import LARGEST_PIECE, put_piece
from rentals.sync.services.receiving import Result
from rentals.sync.versions import booking_version, ticket_for
from stations.checklists.lists import Checklist
from stations.checklists.selectors import checklist_for
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.tablets.access import COOKIE, COOKIE_PATH
from stations.tablets.models import Tablet
from tests.factories.accounts import photo_bytes
from tests.factories.devices import cookie_of, make_tablet
from tests.factories.handovers import STROKES, signature_image
from tests.factories.uuids import uuid7
from voltgo.core import clock

# Decoding a dozen full photographs would be most of a test's time.
SMALL = (320, 240)
_numbers = count(1)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def signature_bytes() -> bytes:
    return base64.b64decode(signature_image().partition(",")[2])


def photo_of(seed: int) -> bytes:
    """Return a small photograph that is like no other."""
    return photo_bytes(*SMALL) + seed.to_bytes(8, "big")


def list_for(purpose: str, vehicle: Vehicle) -> Checklist:
    """Return the list by which a vehicle is looked at today."""
    return checklist_for(purpose=purpose, model=vehicle.model, on=clock.today())


def photos_for(looked_at: Checklist) -> dict[str, bytes]:
    """Photograph every position, each like no other."""
    return {f"photo:{item.code}": photo_of(next(_numbers)) for item in looked_at.photos}


def record_sha256(payload: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Return the hash of what stands above the signatures, as the app computes it."""
    marks = [
        {name: mark.get(name) for name in ("part", "kind", "note", "x", "y")}
        | {"photo": sha256(files[mark["file"]]) if mark.get("file") else None}
        for mark in payload["marks"]
    ]
    photos = {
        role.partition(":")[2]: sha256(content) for role, content in files.items() if role[:6] == "photo:"
    }
    looked_at = {name: payload["checklist"][name] for name in ("template", "checked")}
    plain = {name: payload[name] for name in ("odometer_km", "battery_percent", "note")}
    return canonical.sha256_of(plain | {"checklist": looked_at, "marks": marks, "photos": photos})


@dataclass
class Mobile:
    """One tablet in somebody's hands: it numbers commands, keeps its files, and can send both."""

    tablet: Tablet
    user: User
    cookie: str = ""
    # What its clock shows is so much behind the server's.
    offset_ms: int | None = 0
    seq: int = 0
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def station(self) -> Station:
        return self.tablet.station

    def device_at(self, moment: datetime | None = None) -> str:
        """Return a moment as this tablet's clock shows it."""
        return iso((moment or clock.wall()) - timedelta(milliseconds=self.offset_ms or 0))

    def ticket(self, subject: str, version: str = "") -> str:
        return ticket_for(subject, version=version, station=self.station.code, snapshot="test")

    def booking_ticket(self, booking: Booking) -> str:
        return self.ticket(booking.reference, booking_version(booking))

    def command(
        self,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        *,
        files: Mapping[str, bytes] | None = None,
        at: datetime | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        """Build one command; its files are kept here until they are sent."""
        self.seq += 1
        named = []
        for role, content in (files or {}).items():
            self.files[sha256(content)] = content
            mime = "image/png" if role.startswith("signature") else "image/jpeg"
            named.append({"role": role, "sha256": sha256(content), "size": len(content), "mime": mime})
        command = {
            "id": str(uuid7()),
            "seq": self.seq,
            "schema": 1,
            "kind": kind,
            "subject": subject,
            "ticket": "",
            "actor": self.user.public_id,
            "device_at": self.device_at(at),
            "offset_ms": self.offset_ms,
            "payload": dict(payload),
            "files": named,
        }
        return command | changes

    def pickup(self, booking: Booking, *, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """Build a whole pickup as the app would; `changes` replace fields of its payload."""
        at = at or clock.wall()
        payload, files = self.pickup_payload(booking.allocation.vehicle, at=at)
        contract = contracts.current_contract(booking)
        shown = {"number": "", "version": 0, "sha256": "", "text_sha256": ""}
        if contract is not None:
            text = agreement_text(contract)
            shown = {
                "number": contract.number,
                "version": contract.version,
                "sha256": contract.sha256,
                "text_sha256": text_sha256(text) if text else "",
            }
        payload |= {"booking": booking.code, "vehicle": booking.allocation.vehicle.code, "contract": shown}
        payload |= changes
        payload |= {"record_sha256": changes.get("record_sha256") or record_sha256(payload, files)}
        ticket = self.booking_ticket(booking)
        return self.command("pickup", booking.reference, payload | changes, files=files, at=at, ticket=ticket)

    def pickup_payload(self, vehicle: Vehicle, *, at: datetime) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return what is filled in at any handover, and its files by role."""
        looked_at = list_for(InspectionKind.PICKUP, vehicle)
        files = photos_for(looked_at) | {
            "signature:renter": signature_bytes(),
            "signature:staff": signature_bytes(),
        }
        signature = {"strokes": STROKES, "signed_at": self.device_at(at - timedelta(minutes=1))}
        payload = {
            "began_at": self.device_at(at - timedelta(minutes=3)),
            "papers": {"seen": True, "face": True, "drivers": [], "selfies": []},
            "odometer_km": vehicle.odometer_km,
            "battery_percent": 90,
            "checklist": {
                "template": f"{looked_at.code}:{looked_at.version}",
                "checked": [item.code for item in looked_at.items],
            },
            "note": "",
            "marks": [],
            "record_sha256": "",
            "consented": True,
            "signatures": {"renter": signature, "staff": dict(signature)},
            "cash": None,
            "keys_at": self.device_at(at),
        }
        return payload, files

    def returned(
        self,
        booking: Booking,
        *,
        vehicle: Vehicle,
        at: datetime | None = None,
        shown: Mapping[str, Any] | None = None,
        subject: str = "",
        **changes: Any,
    ) -> dict[str, Any]:
        """Build a return; accepted by signature if `shown` says what the renter has seen."""
        at = at or clock.wall()
        looked_at = list_for(InspectionKind.RETURN, vehicle)
        files = photos_for(looked_at)
        payload = {
            "booking": booking.code,
            "presented_at": self.device_at(at - timedelta(minutes=3)),
            "odometer_km": vehicle.odometer_km + 100,
            "battery_percent": 60,
            "checklist": {
                "template": f"{looked_at.code}:{looked_at.version}",
                "checked": [item.code for item in looked_at.items],
            },
            "is_dirty": False,
            "note": "",
            "marks": [],
            "shown": dict(shown)
            if shown
            else {"lines": [], "extra": 0, "captured": 0, "released": 0, "debt": 0},
            "acceptance": "signature" if shown else "later",
            "signature": {"strokes": STROKES, "signed_at": self.device_at(at)} if shown else None,
            "finished_at": self.device_at(at),
        }
        if shown:
            files["signature:renter"] = signature_bytes()
        ticket = self.ticket(booking.reference)
        return self.command(
            "return", subject or booking.reference, payload | changes, files=files, at=at, ticket=ticket
        )

    def of_vehicle(self, kind: str, vehicle: Vehicle, **payload: Any) -> dict[str, Any]:
        """Build a command on a vehicle."""
        subject = f"vehicle:{vehicle.code}"
        return self.command(kind, subject, {"vehicle": vehicle.code} | payload, ticket=self.ticket(subject))

    def of_drawer(self, kind: str, **payload: Any) -> dict[str, Any]:
        """Build a command on the station's drawer."""
        return self.command(kind, f"drawer:{drawer_of(self.station).code}", payload)

    # --- Sending --------------------------------------------------------------------------------

    def send(self, *commands: Mapping[str, Any], delivered_by: User | None = None) -> list[Result]:
        """Deliver commands without their files, past the network."""
        return receive(
            tablet=self.tablet, delivered_by=delivered_by, commands=list(commands), now=clock.wall()
        )

    def upload(self, *commands: Mapping[str, Any]) -> None:
        """Deliver the files of these commands in pieces, past the network."""
        for command in commands:
            for named in command["files"]:
                self.upload_file(named["sha256"])

    def upload_file(self, sha256: str) -> None:
        """Deliver one file, then let what has waited for it go on, as the view does."""
        content, is_whole = self.files[sha256], False
        for start in range(0, len(content), LARGEST_PIECE):
            file = put_piece(
                tablet=self.tablet,
                sha256=sha256,
                offset=start,
                length=len(content),
                data=content[start : start + LARGEST_PIECE],
            )
            is_whole = file.stored_at is not None
        if is_whole:
            settle_with_file(sha256)

    def deliver(self, *commands: Mapping[str, Any]) -> list[Result]:
        """Deliver commands and files, then ask what became of them."""
        self.send(*commands)
        self.upload(*commands)
        return self.send(*commands)

    def client(self, **options: Any) -> Client:
        """Return a browser that is this tablet."""
        client = Client(**options)
        client.cookies[COOKIE] = self.cookie
        client.cookies[COOKIE]["path"] = COOKIE_PATH
        return client


def make_mobile(*, station: Station, user: User, name: str = "", **fields: Any) -> Mobile:
    """Enrol a tablet and put it into somebody's hands."""
    enrolment = make_tablet(station=station, user=user, name=name)
    return Mobile(tablet=enrolment.tablet, user=user, cookie=cookie_of(enrolment), **fields)


def as_sent(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command as it comes out of JSON."""
    sent: dict[str, Any] = json.loads(json.dumps(command))
    return sent
