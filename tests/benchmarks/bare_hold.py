"""The yardsticks of the hold: SQL functions that hold a vehicle within the database, and clients that call them.

They exist in the benchmark's database alone, and know no session, no sign-in and no web.

- `bare_rows` takes a random free vehicle of the quote's model at its station and writes claim, booking, payment
  request, deposit and the three state events: no lock, no check of a person, of opening hours or of limits.
- `bare_hold` does all that the hold does in the database, by the hold's own SQL: it reads the quote, locks the
  renter, reads every fact that is judged, claims the vehicle that fits best and writes the same rows.
"""

import multiprocessing
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import psycopg

from tests.benchmarks.web import cpu_seconds_of

ROWS = """
CREATE OR REPLACE FUNCTION bare_rows(wanted uuid, renter bigint, code text) RETURNS boolean LANGUAGE plpgsql AS $$
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

# The values of the hold's own statements, in the words of the function below.
ARGUMENTS = {
    "key": "my_key",
    "quote": "wanted",
    "debt_account": "'receivable:' || my_account.public_id",
    "stations": "ARRAY[my_quote.pickup_station_id, my_quote.return_station_id]",
    "opens_from": "my_quote.starts_at",
    "opens_to": "my_quote.ends_at",
    "today": "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
    "station": "my_quote.pickup_station_id",
    "model": "my_quote.model_id",
    "renter": "renter",
    "user": "renter",
    "now": "now()",
    "midnight": "date_trunc('day', now(), 'Asia/Ho_Chi_Minh')",
    "next_midnight": "date_trunc('day', now(), 'Asia/Ho_Chi_Minh') + interval '1 day'",
    "claim": "my_facts.claim_id",
    "station_id": "my_quote.pickup_station_id",
    "model_id": "my_quote.model_id",
    "starts_at": "my_quote.starts_at",
    "ends_at": "(my_quote.ends_at + interval '30 minutes')",
    "last_day": "((my_quote.ends_at + interval '30 minutes') AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
    "most": "12",
    "claimant": "my_reference",
    "hold_expires_at": "my_end",
}
HOLD = """
CREATE OR REPLACE FUNCTION bare_hold(wanted uuid, renter bigint, code text) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    my_quote record;
    my_account record;
    my_facts record;
    my_vehicle bigint;
    my_key text;
    my_intent uuid := gen_random_uuid();
    my_code text := code;
    my_renter bigint := renter;
    my_reference text := 'booking:' || code;
    my_end timestamptz := now() + interval '15 minutes';
BEGIN
    {quote_columns} INTO STRICT my_quote {quote_rest};
    SELECT u.public_id, u.full_name, u.phone, u.is_active AND u.blocked_at IS NULL AS may_rent INTO STRICT my_account
    FROM accounts_user u WHERE u.id = my_renter FOR NO KEY UPDATE;
    my_key := my_account.public_id || ':web:' || wanted;
    SELECT f.* INTO my_facts FROM ({facts}) f(twin, is_used, papers, debt, openings, policy, claims, is_stale,
                                              booking_id, deposit_id, claim_id);
    IF my_facts.twin IS NOT NULL OR my_facts.is_used OR my_facts.is_stale OR my_facts.debt > 0
            OR NOT my_account.may_rent OR my_quote.expires_at <= now() OR (my_facts.claims ->> 0)::int > 1 THEN
        RETURN false;
    END IF;
    {claim} INTO my_vehicle;
    IF my_vehicle IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO rentals_booking (id, code, starts_at, ends_at, is_by_model, state, channel, eligibility,
           idempotency_key, cancel_reason, refund_cap_bp, created_at, allocation_id, model_id, pickup_station_id,
           renter_id, return_station_id, quote_id)
    VALUES (my_facts.booking_id, my_code, my_quote.starts_at, my_quote.ends_at, true, 'held', 'web',
            '{eligibility}', my_key, '', 10000, now(), my_facts.claim_id, my_quote.model_id,
            my_quote.pickup_station_id, my_renter, my_quote.return_station_id, wanted);
    INSERT INTO payments_paymentintent (id, payer_id, reference, purpose, description, provider, amount,
           prepayment_amount, deposit_amount, state, provider_ref, language, idempotency_key, created_at, expires_at)
    VALUES (my_intent, my_renter, my_reference, 'booking', 'VoltGo ' || my_code, 'vnpay',
            my_quote.total_amount + my_quote.deposit_amount, my_quote.total_amount, my_quote.deposit_amount,
            'created', '', 'vi', my_reference || ':1', now(), my_end);
    INSERT INTO payments_deposit (id, reference, payer_id, amount, captured, released, state, created_at)
    VALUES (my_facts.deposit_id, my_reference, my_renter, my_quote.deposit_amount, 0, 0, 'due', now());
    INSERT INTO core_stateevent (machine, subject, source, target, actor_kind, actor_ref, actor_label, reason, at)
    VALUES ('booking', my_facts.booking_id, '', 'held', 'renter', my_account.public_id, my_account.full_name, '',
            now()),
           ('payment_intent', my_intent, '', 'created', 'renter', my_account.public_id, my_account.full_name, '',
            now()),
           ('deposit', my_facts.deposit_id, '', 'due', 'renter', my_account.public_id, my_account.full_name, '',
            now());
    RETURN true;
END $$
"""
ELIGIBILITY = (
    '{"is_eligible": true, "checked_at": "2026-11-22T00:00:00+00:00", "reasons": [], "age": 31, '
    '"licence_classes": ["A1", "B"], "licence_expires_on": "2099-12-31"}'
)


def functions() -> list[str]:
    """Return the statements that make both functions. Django must have been set up."""
    from rentals.bookings.services.hold_facts import FACTS
    from rentals.pricing.loading import QUOTE
    from stations.timeline.candidates import CLAIMS

    # A record has no two columns of one name: of the quote only its own are read.
    hold = HOLD.format(
        quote_columns="SELECT q.*",
        quote_rest=_in_words(QUOTE[QUOTE.index("FROM rentals_quote") :]),
        facts=_in_words(FACTS),
        claim=_in_words(CLAIMS[False]),
        eligibility=ELIGIBILITY,
    )
    return [ROWS, hold]


def _in_words(statement: str) -> str:
    return re.sub(r"%\((\w+)\)s", lambda name: ARGUMENTS[name[1]].replace("renter", "my_renter"), statement)


Errand = tuple[UUID, int, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: whether it got its vehicle, and how long it took."""

    is_held: bool
    seconds: float


class BareClients:
    """So many processes with so many connections each, one thread a connection, that call a function at full speed."""

    def __init__(self, processes: int, threads: int, address: dict[str, Any]) -> None:
        context = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, threads, address), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def run(self, function: str, errands: Sequence[Errand]) -> list[Answer]:
        """Share the errands out, wait for all; return every answer."""
        count = len(self._pipes)
        for number, pipe in enumerate(self._pipes):
            pipe.send((function, list(errands[number::count])))
        return [answer for pipe in self._pipes for answer in pipe.recv()]

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds_of(process.pid) for process in self._processes if process.pid)

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(timeout=10)


def _serve(pipe: Connection, threads: int, address: dict[str, Any]) -> None:
    connections = [psycopg.connect(**address, autocommit=True) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        pipe.send(True)
        while (order := pipe.recv()) is not None:
            function, errands = order
            hands = [errands[number::threads] for number in range(threads)]
            found = pool.map(_call_all, connections, [function] * threads, hands)
            pipe.send([answer for answers in found for answer in answers])
    for connection in connections:
        connection.close()


def _call_all(
    connection: "psycopg.Connection[Any]", function: str, errands: Sequence[Errand]
) -> list[Answer]:
    statement = f"SELECT {function}(%s, %s, %s)"
    answers = []
    for errand in errands:
        started = time.perf_counter()
        row = connection.execute(statement, errand, prepare=True).fetchone()
        answers.append(Answer(bool(row and row[0]), time.perf_counter() - started))
    return answers
