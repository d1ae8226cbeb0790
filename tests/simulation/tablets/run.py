"""Hundreds of days at a station whose network, tablets and server fail; then every command is compared with the database.

    VOLTGO_ENV=test DATABASE_URL=... REDIS_URL=... python -m tests.simulation.tablets.run --runs 300 --seed 1

Each run is seeded: a station with bookings, rentals and two tablets; people hand over, take back, prepare and note
while calls are cut, lost, repeated, delayed and reordered, apps are killed, clocks are wrong by hours, the server dies
between any two statements, and both tablets race for the same booking. In the end the network is good and everything
is sent. Then: each command is in the database once, byte for byte (lost 0); each effect is there once (doubled 0);
whatever is not applied is one of the conflicts that the run can explain (unexplained 0).
"""

import argparse
import hashlib
import logging
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from tests.simulation.tablets.station import Station, Wanted

# A Tuesday, 08:00 in Vietnam.
MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
STEPS = (8, 22)
# Clocks that were measured at the last contact are right to the second; the rest is what the measuring costs.
CLOCK_TOLERANCE = timedelta(seconds=60)
LAST_TRIES = 8


@dataclass(slots=True)
class Report:
    """What came of the runs."""

    runs: int = 0
    commands: int = 0
    files: int = 0
    states: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.unexplained]

    def __str__(self) -> str:
        head = (
            f"{self.runs} runs, {self.commands} commands, {self.files} files, {self.seconds:.0f} s: "
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, unexplained {len(self.unexplained)}"
        )
        counted = [*self.states.items(), *((f"conflict {k}", v) for k, v in self.conflicts.items())]
        counted += sorted(self.happened.items())
        lines = [f"  {name:36} {number:7}" for name, number in counted]
        return "\n".join([head, *lines, *(f"PROBLEM {problem}" for problem in self.problems)])


@dataclass(slots=True)
class Run:
    """One seeded day."""

    seed: int
    report: Report
    traveller: Any
    station: Station = field(init=False)
    rng: random.Random = field(init=False)

    def go(self) -> None:
        self.rng = random.Random(self.seed)
        self.traveller.move_to(MORNING)
        self.station = Station(self.rng, _now, self.report.happened)
        self.station.build()
        for device in self.station.devices:
            # The first contact, of the morning: the clock is measured, whatever it shows.
            device.skew = self._skew()
            device.network.is_bad = False
            device.sync()
            device.network.is_bad = True
        for _step in range(self.rng.randrange(*STEPS)):
            self._step()
        self._calm()
        self._judge()

    def _skew(self) -> timedelta:
        if self.rng.random() < 0.5:
            return timedelta(0)
        self.report.happened["clock wrong by hours"] += 1
        return timedelta(hours=self.rng.uniform(-9, 9))

    def _step(self) -> None:
        self.traveller.shift(timedelta(seconds=self.rng.randrange(20, 600)))
        device = self.rng.choice(self.station.devices)
        drawn = self.rng.random()
        if drawn < 0.42:
            self.station.act()
        elif drawn < 0.52:
            device.network.is_cut = not device.network.is_cut
        elif drawn < 0.545:
            self.station.meddle()
        elif drawn < 0.64:
            device.network.deliver_late()
        elif drawn < 0.76:
            self.report.happened["app killed"] += 1
            device.sync(kill_after=self.rng.randrange(0, 12))
        else:
            device.sync()

    def _calm(self) -> None:
        """Let everything arrive: first what was delayed, then all the rest over a good network."""
        from rentals.sync.services import try_waiting

        for device in self.station.devices:
            while device.network.delayed:
                device.network.deliver_late()
            device.network.is_bad = device.network.is_cut = False
        for _try in range(LAST_TRIES):
            self.traveller.shift(timedelta(minutes=11))
            for device in self.station.devices:
                device.sync()
            try_waiting()
        # What waits for something that never comes is a person's matter after a day.
        self.traveller.shift(timedelta(hours=25))
        try_waiting()
        for device in self.station.devices:
            device.sync()

    # --- Judging -----------------------------------------------------------------------------------

    def _judge(self) -> None:
        report = self.report
        report.runs += 1
        report.commands += len(self.station.wanted)
        for wanted in self.station.wanted:
            self._judge_command(wanted)
        self._judge_effects()
        for device in self.station.devices:
            for kept in device.unsettled:
                report.lost.append(
                    f"seed {self.seed}: {_name(kept.body)} is still unsettled on {device.name}"
                )

    def _judge_command(self, wanted: Wanted) -> None:
        from rentals.sync.models import SyncAttachment, SyncCommand, SyncFile

        body, report = wanted.kept.body, self.report
        row = SyncCommand.objects.filter(pk=body["id"]).first()
        name = f"seed {self.seed}: {_name(body)}"
        if row is None:
            report.lost.append(f"{name} never arrived")
            return
        if row.body != body:
            report.lost.append(f"{name} is not what was done")
        for file in body["files"]:
            stored = SyncFile.objects.filter(sha256=file["sha256"]).first()
            if stored is None or stored.stored_at is None:
                report.lost.append(f"{name} lacks {file['role']}")
                continue
            with stored.file.open("rb") as opened:
                if hashlib.sha256(opened.read()).hexdigest() != file["sha256"]:
                    report.lost.append(f"{name} has another {file['role']}")
            report.files += 1
        if SyncAttachment.objects.filter(command=row).count() != len(body["files"]):
            report.doubled.append(f"{name} has other files than it came with")
        report.states[row.state] += 1
        self._judge_state(wanted, row, name)
        if abs(row.occurred_at - wanted.kept.done_at) > CLOCK_TOLERANCE:
            report.unexplained.append(f"{name} happened at {wanted.kept.done_at}, not at {row.occurred_at}")

    def _judge_state(self, wanted: Wanted, row: Any, name: str) -> None:
        if row.state == "applied":
            return
        if row.state != "conflict":
            self.report.unexplained.append(f"{name} is {row.state} {row.code}")
            return
        self.report.conflicts[row.code] += 1
        if row.code not in wanted.conflicts or not self._explains(wanted, row.code):
            self.report.unexplained.append(f"{name} is in conflict: {row.code}")

    def _explains(self, wanted: Wanted, code: str) -> bool:
        """Say whether something in this run has brought this conflict about."""
        booking = wanted.kept.body["payload"].get("booking", "")
        if code in {"already_handed_over", "already_returned"}:
            return self._applied(wanted.kept.body["kind"], booking) == 1
        if code in {"predecessor_missing", "return_without_pickup"}:
            return self._stands_behind_a_conflict(wanted)
        return booking in self.station.meddled

    def _stands_behind_a_conflict(self, wanted: Wanted) -> bool:
        """Say whether something that was done before on the same subject waits for a person."""
        from rentals.sync.models import SyncCommand

        before = SyncCommand.objects.filter(subject=wanted.kept.body["subject"], state="conflict")
        return before.exclude(pk=wanted.kept.id).exclude(code="predecessor_missing").exists()

    def _applied(self, kind: str, booking: str) -> int:
        from rentals.sync.models import SyncCommand

        rows = SyncCommand.objects.filter(kind=kind, subject=f"booking:{booking}", state="applied")
        return rows.count()

    def _judge_effects(self) -> None:
        """Count what is there of each thing that was done."""
        for booking in [*self.station.bookings, *(rental.booking for rental in self.station.rentals)]:
            self._judge_rental(booking)
        for vehicle in self.station.dirty:
            self._judge_preparation(vehicle)
        for wanted in self.station.wanted:
            if wanted.kept.body["kind"] == "note":
                self._judge_note(wanted.kept.body)

    def _judge_rental(self, booking: Any) -> None:
        from rentals.handovers.models import Inspection, InspectionPhoto, Settlement

        was_out = any(rental.booking_id == booking.pk for rental in self.station.rentals)
        inspections = Inspection.objects.filter(rental__booking=booking).exclude(completed_at=None)
        for kind, effects, before in (
            ("pickup", inspections.filter(kind="pickup"), int(was_out)),
            ("return", Settlement.objects.filter(rental__booking=booking), 0),
        ):
            done = self._applied(kind, booking.code) + before
            if effects.count() != done or done > 1:
                self.report.doubled.append(
                    f"seed {self.seed}: {kind} of {booking.code}: {done} commands, {effects.count()} effects"
                )
        for inspection in inspections:
            photos = InspectionPhoto.objects.filter(inspection=inspection)
            if not photos.exists() or photos.count() != photos.values("position").distinct().count():
                self.report.doubled.append(f"seed {self.seed}: photos of {inspection}")

    def _judge_preparation(self, vehicle: Any) -> None:
        from rentals.sync.models import SyncCommand
        from stations.fleet.models import PreparationRecord

        rows = SyncCommand.objects.filter(kind="vehicle_ready", subject=f"vehicle:{vehicle.code}")
        first = sum("already_so" not in row.flags for row in rows.filter(state="applied"))
        if PreparationRecord.objects.filter(vehicle=vehicle).count() != first or first > 1:
            self.report.doubled.append(f"seed {self.seed}: {vehicle.code} was prepared {first} times")

    def _judge_note(self, body: dict[str, Any]) -> None:
        from rentals.sync.models import SyncCommand
        from voltgo.core.audit.models import AuditEvent

        text = body["payload"]["text"]
        found = AuditEvent.objects.filter(action="sync.noted", reason=text).count()
        if found != SyncCommand.objects.filter(pk=body["id"], state="applied").count():
            self.report.doubled.append(f"seed {self.seed}: {text}: {found} notes")


def _name(body: dict[str, Any]) -> str:
    return f"{body['kind']} {body['subject']} no {body['seq']}"


def _now() -> datetime:
    from voltgo.core import clock

    return clock.wall()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep thousands of expected refusals out of the output."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def run_all(*, runs: int, seed: int) -> Report:
    """Run so many seeded days in the database at hand."""
    report, started = Report(), time.perf_counter()
    with time_machine.travel(MORNING, tick=False) as traveller, quiet():
        for number in range(runs):
            Run(seed * 100_000 + number, report, traveller).go()
    report.seconds = time.perf_counter() - started
    return report


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["VOLTGO_ENV"] = "test"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report = run_all(runs=options.runs, seed=options.seed)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    sys.stdout.write(f"{report}\n")
    raise SystemExit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
