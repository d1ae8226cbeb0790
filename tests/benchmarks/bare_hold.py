"""The yardstick of the hold: one SQL function that writes what a hold writes, and judges nothing.

It takes a random free vehicle of the quote's model at its station and writes claim, booking, payment
request, deposit and the three state events in one call. It exists in the benchmark's database alone. No
check of a person, of opening hours or of limits, no session, no web: what the machine could do at best.
"""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import psycopg

from tests.benchmarks.web import cpu_seconds_of

FUNCTION = """
CREATE OR REPLACE FUNCTION bare_hold(wanted uuid, renter bigint, code text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    quote rentals_quote;
    claim bigint;
    booking bigint;
    deposit bigint;
    intent uuid := gen_random_uuid();
    reference text := 'booking:' || code;
    ends timestamptz := now() + interval '15 minutes';
BEGIN
    SELECT * INTO STRICT quote FROM rentals_quote WHERE id = wanted;
    FOR attempt IN 1..4 LOOP
        INSERT INTO stations_vehicleallocation (vehicle_id, station_id, period, kind, state, hold_expires_at, claimant,
               created_at)
        SELECT v.id, v.station_id, tstzrange(quote.starts_at, quote.ends_at + interval '30 minutes', '[)'), 'booking',
               'held', ends, reference, now()
        FROM stations_vehicle v
        WHERE v.station_id = quote.pickup_station_id AND v.model_id = quote.model_id AND v.lifecycle = 'in_service'
          AND NOT EXISTS (
              SELECT FROM stations_vehicleallocation a
              WHERE a.vehicle_id = v.id AND a.state IN ('held', 'confirmed', 'on_rental', 'blocked')
                AND upper(a.period) > quote.starts_at
                AND lower(a.period) < quote.ends_at + interval '30 minutes')
        ORDER BY random() LIMIT 1
        ON CONFLICT DO NOTHING RETURNING id INTO claim;
        EXIT WHEN claim IS NOT NULL;
    END LOOP;
    IF claim IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO rentals_booking (code, starts_at, ends_at, is_by_model, state, channel, eligibility, idempotency_key,
           cancel_reason, refund_cap_bp, created_at, allocation_id, model_id, pickup_station_id, renter_id,
           return_station_id, quote_id)
    VALUES (code, quote.starts_at, quote.ends_at, true, 'held', 'web',
            '{"is_eligible": true, "checked_at": "2026-11-22T00:00:00+00:00", "reasons": [], "age": 31,
              "licence_classes": ["A1", "B"], "licence_expires_on": "2099-12-31"}',
            'U-' || renter || ':web:' || wanted, '', 10000, now(), claim, quote.model_id, quote.pickup_station_id, renter,
            quote.return_station_id, wanted)
    RETURNING id INTO booking;
    INSERT INTO payments_paymentintent (id, payer_id, reference, purpose, description, provider, amount,
           prepayment_amount, deposit_amount, state, provider_ref, language, idempotency_key, created_at, expires_at)
    VALUES (intent, renter, reference, 'booking', 'VoltGo ' || code, 'vnpay',
            quote.total_amount + quote.deposit_amount, quote.total_amount, quote.deposit_amount, 'created', '', 'vi',
            reference || ':1', now(), ends);
    INSERT INTO payments_deposit (reference, payer_id, amount, captured, released, state, created_at)
    VALUES (reference, renter, quote.deposit_amount, 0, 0, 'due', now()) RETURNING id INTO deposit;
    INSERT INTO core_stateevent (machine, subject, source, target, actor_kind, actor_ref, actor_label, reason, at)
    VALUES ('booking', booking, '', 'held', 'renter', 'U-' || renter, 'Renter', '', now()),
           ('payment_intent', intent, '', 'created', 'renter', 'U-' || renter, 'Renter', '', now()),
           ('deposit', deposit, '', 'due', 'renter', 'U-' || renter, 'Renter', '', now());
    RETURN true;
END $$
"""

Errand = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: whether it got its vehicle, and how long it took."""

    is_held: bool
    seconds: float


class BareClients:
    """So many processes, each with one connection of its own, that call the function as fast as they can."""

    def __init__(self, count: int, address: dict[str, Any]) -> None:
        context = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, address), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        self.backends = [pipe.recv() for pipe in self._pipes]

    def run(self, errands: Sequence[Errand]) -> list[Answer]:
        """Share the errands out, wait for all; return every answer."""
        count = len(self._pipes)
        for number, pipe in enumerate(self._pipes):
            pipe.send(list(errands[number::count]))
        return [answer for pipe in self._pipes for answer in pipe.recv()]

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds_of(process.pid) for process in self._processes if process.pid)

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(timeout=10)


def _serve(pipe: Connection, address: dict[str, Any]) -> None:
    with psycopg.connect(**address, autocommit=True) as connection:
        pipe.send(connection.info.backend_pid)
        while (errands := pipe.recv()) is not None:
            answers = []
            for errand in errands:
                started = time.perf_counter()
                row = connection.execute("SELECT bare_hold(%s, %s, %s)", errand).fetchone()
                answers.append(Answer(bool(row and row[0]), time.perf_counter() - started))
            pipe.send(answers)
