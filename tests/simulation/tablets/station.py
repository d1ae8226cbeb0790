"""One station with its day's work, its two tablets, and what people do there while nobody sees it."""

import base64
import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from tests.simulation.tablets.device import Device, Kept
from tests.simulation.tablets.network import Network

SMALL = (320, 240)
ODOMETER = 12_000


@dataclass(slots=True)
class Wanted:
    """What must come of a command: the one effect, or one of these conflicts."""

    kept: Kept
    device: Device
    conflicts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Station:
    """The world of one run."""

    rng: random.Random
    now: Callable[[], datetime]
    happened: Counter[str]
    wanted: list[Wanted] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    # What an operator did meanwhile, by booking.
    meddled: dict[str, str] = field(default_factory=dict)
    bookings: list[Any] = field(default_factory=list)
    rentals: list[Any] = field(default_factory=list)
    dirty: list[Any] = field(default_factory=list)
    tickets: dict[str, str] = field(default_factory=dict)
    # The version of each contract that the tablets have shown, whatever became of it since.
    contracts_shown: dict[str, Any] = field(default_factory=dict)
    place: Any = None
    supervisor: Any = None
    attendant: Any = None
    by: Any = None

    def build(self) -> None:
        """Make a station with people, vehicles, bookings of today, rentals that come back, and two tablets."""
        from accounts.access.actors import staff_actor
        from stations.fleet.enums import Condition
        from stations.network.models import StaffPost
        from tests.factories.accounts import make_renter, make_user
        from tests.factories.devices import browser_of, make_tablet
        from tests.factories.handovers import handed_over, paid_booking
        from tests.factories.rentals import a_period, make_tariff
        from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle

        self.place = make_station()
        self.supervisor, self.attendant = make_user(), make_user()
        make_post(user=self.supervisor, station=self.place, role=StaffPost.Role.SUPERVISOR)
        make_post(user=self.attendant, station=self.place)
        self.by = staff_actor(self.attendant)
        model = make_scooter_model()
        make_tariff(model=model)
        soon = self.now() + timedelta(minutes=20)
        for _number in range(self.rng.randrange(1, 4)):
            vehicle = make_vehicle(model=model, station=self.place, odometer_km=ODOMETER)
            period = a_period(starts_at=soon.replace(second=0, microsecond=0), hours=8)
            booking = paid_booking(renter=make_renter(), vehicle=vehicle, period=period)
            self.bookings.append(booking)
        if self.rng.random() < 0.5:
            vehicle = make_vehicle(model=model, station=self.place, odometer_km=ODOMETER)
            period = a_period(starts_at=self.now().replace(second=0, microsecond=0), hours=3)
            booking = paid_booking(renter=make_renter(), vehicle=vehicle, period=period)
            _rendered(booking)
            self.rentals.append(handed_over(booking=booking, attendant=self.attendant, odometer_km=ODOMETER))
        self.dirty = [
            make_vehicle(model=model, station=self.place, condition=Condition.PREPARATION) for _ in range(2)
        ]
        for booking in self.bookings:
            _rendered(booking)
        for name in ("A", "B"):
            enrolment = make_tablet(station=self.place, user=self.supervisor)
            browser = browser_of(enrolment)
            browser.handler.enforce_csrf_checks = True
            browser.raise_request_exception = False
            network = Network(self.rng, browser, self.happened)
            self.devices.append(Device(name, self.attendant.public_id, network, self.rng, self.now))
        self._load_snapshot()

    def _load_snapshot(self) -> None:
        """Note what the tablets decide by: tickets and versions, as the snapshot has them."""
        from rentals.bookings.models import Booking
        from rentals.contracts.selectors import current_contract
        from rentals.sync.versions import booking_version, ticket_for

        for booking in [*self.bookings, *(rental.booking for rental in self.rentals)]:
            fresh = Booking.objects.get(pk=booking.pk)
            self.contracts_shown[booking.code] = current_contract(fresh)
            self.tickets[booking.code] = ticket_for(
                f"booking:{booking.code}",
                version=booking_version(fresh),
                station=self.place.code,
                snapshot="simulated",
            )

    # --- What people do ----------------------------------------------------------------------------

    def act(self) -> None:
        """Do one thing on one of the tablets."""
        device = self.rng.choice(self.devices)
        actions = [self._note, self._ready, self._pickup, self._return]
        self.rng.choices(actions, weights=[2, 2, 4, 2])[0](device)

    def meddle(self) -> None:
        """Let somebody at the centre change a booking that a tablet may be handing over at this moment."""
        from accounts.access.actors import operator_actor
        from rentals.bookings.enums import BookingState, CancelReason
        from rentals.bookings.models import Booking
        from rentals.bookings.services import cancel_booking

        for booking in self.bookings:
            current = Booking.objects.get(pk=booking.pk)
            if current.state == BookingState.CONFIRMED and booking.code not in self.meddled:
                cancel_booking(
                    booking=current, reason=CancelReason.OPERATOR, by=operator_actor(self.supervisor)
                )
                self.meddled[booking.code] = "cancelled"
                self.happened["cancelled online"] += 1
                return

    def _note(self, device: Device) -> None:
        booking = self.rng.choice(self.bookings)
        text = f"ghi chú {self.rng.randrange(10**9)}"
        kept = device.do("note", f"booking:{booking.code}", {"booking": booking.code, "text": text})
        # What stands behind a conflict on the same booking waits with it.
        self.wanted.append(Wanted(kept, device, frozenset({"predecessor_missing"})))

    def _ready(self, device: Device) -> None:
        from stations.checklists.enums import Purpose
        from stations.checklists.selectors import checklist_for

        vehicle = self.rng.choice(self.dirty)
        listed = checklist_for(purpose=Purpose.PREPARATION, model=vehicle.model, on=self.now().date())
        payload = {
            "vehicle": vehicle.code,
            "battery_percent": self.rng.randrange(70, 101),
            "odometer_km": None,
            "checklist": {
                "template": listed.code,
                "version": listed.version,
                "checked": _codes(listed.items),
            },
            "note": "",
        }
        kept = device.do("vehicle_ready", f"vehicle:{vehicle.code}", payload)
        self.wanted.append(Wanted(kept, device))

    def _pickup(self, device: Device) -> None:
        left = [booking for booking in self.bookings if not self._was_done_here(device, booking, "pickup")]
        if not left:
            return
        booking = self.rng.choice(left)
        kept = device.do(
            "pickup",
            f"booking:{booking.code}",
            self._pickup_payload(device, booking),
            ticket=self.tickets[booking.code],
            files=self._pictures(booking, signed_by=("renter", "staff")),
        )
        self.wanted.append(
            Wanted(kept, device, frozenset({"already_handed_over", "booking_cancelled", "contract_changed"}))
        )
        self.happened["pickup"] += 1

    def _return(self, device: Device) -> None:
        left = [
            rental for rental in self.rentals if not self._was_done_here(device, rental.booking, "return")
        ]
        left += [
            _Out(wanted.kept.body["payload"]["booking"], self)
            for wanted in self.wanted
            if wanted.kept.body["kind"] == "pickup"
            and wanted.device is device
            and not self._has_return(wanted.kept.body["payload"]["booking"])
        ]
        if not left:
            return
        booking = self.rng.choice(left).booking
        kept = device.do(
            "return",
            f"booking:{booking.code}",
            self._return_payload(device, booking),
            ticket=self.tickets[booking.code],
            files=self._pictures(booking, signed_by=()),
        )
        allowed = {"already_returned", "booking_cancelled", "return_without_pickup", "predecessor_missing"}
        self.wanted.append(Wanted(kept, device, frozenset(allowed)))
        self.happened["return"] += 1

    def _was_done_here(self, device: Device, booking: Any, kind: str) -> bool:
        return any(
            wanted.device is device
            and wanted.kept.body["kind"] == kind
            and wanted.kept.body["payload"]["booking"] == booking.code
            for wanted in self.wanted
        )

    def _has_return(self, code: str) -> bool:
        return any(
            wanted.kept.body["kind"] == "return" and wanted.kept.body["payload"]["booking"] == code
            for wanted in self.wanted
        )

    def _pickup_payload(self, device: Device, booking: Any) -> dict[str, Any]:
        from rentals.contracts.services import agreement_text
        from rentals.contracts.texts.plain import text_sha256
        from stations.checklists.enums import Purpose
        from stations.checklists.selectors import checklist_for
        from tests.factories.handovers import STROKES

        contract = self.contracts_shown[booking.code]
        text = agreement_text(contract)
        assert text is not None
        model = booking.allocation.vehicle.model
        listed = checklist_for(purpose=Purpose.PICKUP, model=model, on=self.now().date())
        at = device.stamp()
        return {
            "booking": booking.code,
            "began_at": at,
            "papers": {"seen": True, "face": True, "drivers": [], "selfies": []},
            "odometer_km": ODOMETER + 1,
            "battery_percent": 95,
            "checklist": {
                "template": listed.code,
                "version": listed.version,
                "checked": _codes(listed.items),
            },
            "note": "",
            "marks": [],
            "contract": {
                "number": contract.number,
                "version": contract.version,
                "sha256": contract.sha256,
                "text_sha256": text_sha256(text),
            },
            "record_sha256": "0" * 64,
            "consented": True,
            "signatures": {
                "renter": {"strokes": STROKES, "signed_at": at},
                "staff": {"strokes": STROKES, "signed_at": at},
            },
            "cash": None,
            "keys_at": at,
        }

    def _return_payload(self, device: Device, booking: Any) -> dict[str, Any]:
        from stations.checklists.enums import Purpose
        from stations.checklists.selectors import checklist_for

        model = booking.allocation.vehicle.model
        listed = checklist_for(purpose=Purpose.RETURN, model=model, on=self.now().date())
        at = device.stamp()
        return {
            "booking": booking.code,
            "presented_at": at,
            "odometer_km": ODOMETER + 40,
            "battery_percent": 60,
            "checklist": {
                "template": listed.code,
                "version": listed.version,
                "checked": _codes(listed.items),
            },
            "is_dirty": False,
            "note": "",
            "marks": [],
            "shown": {"lines": [], "extra": 0, "captured": 0, "released": 0, "debt": 0},
            "acceptance": "later",
            "signature": None,
            "finished_at": at,
        }

    def _pictures(self, booking: Any, *, signed_by: tuple[str, ...]) -> dict[str, tuple[bytes, str]]:
        from stations.checklists.enums import Purpose
        from stations.checklists.selectors import checklist_for

        listed = checklist_for(
            purpose=Purpose.PICKUP, model=booking.allocation.vehicle.model, on=self.now().date()
        )
        files = {f"photo:{photo.code}": (self._photo(), "image/jpeg") for photo in listed.photos}
        return files | {f"signature:{who}": (_signature(), "image/png") for who in signed_by}

    def _photo(self) -> bytes:
        """Return a picture that no other is like."""
        colour = tuple(self.rng.randrange(256) for _ in range(3))
        picture = Image.new("RGB", SMALL, colour)
        for _ in range(60):
            picture.putpixel((self.rng.randrange(SMALL[0]), self.rng.randrange(SMALL[1])), (255, 255, 255))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=30)
        return out.getvalue()


@dataclass(slots=True)
class _Out:
    """A booking that this tablet believes to be out."""

    code: str
    station: Station

    @property
    def booking(self) -> Any:
        return next(booking for booking in self.station.bookings if booking.code == self.code)


def _codes(items: Any) -> list[str]:
    return [item.code for item in items]


def _signature() -> bytes:
    from tests.factories.handovers import signature_image

    return base64.b64decode(signature_image().partition(",")[2])


def _rendered(booking: Any) -> None:
    """Say that the document was made; a run of hundreds need not print hundreds."""
    from rentals.contracts.enums import ContractState
    from rentals.contracts.models import Contract
    from rentals.contracts.selectors import current_contract

    contract = current_contract(booking)
    assert contract is not None
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.RENDERED, sha256=f"{contract.pk:064x}")
