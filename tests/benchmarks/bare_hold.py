"""The yardsticks of the hold: SQL functions that hold a vehicle within the database, and clients that call them.

They exist in the benchmark's database alone, and know no session, no sign-in and no web; nor does the third.

- `bare_rows` takes a random free vehicle of the quote's model at its station and writes claim, booking, payment
  request, deposit and the three state events: no lock, no check of a person, of opening hours or of limits.
- `bare_hold` does all that the hold does in the database, by the hold's own SQL: it reads the quote, locks the
  renter, reads every fact that is judged, claims the vehicle that fits best and writes the same rows.
- `transaction` is no function: it sends the same statements one by one, prepared, through psycopg alone.
"""

import multiprocessing
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row, tuple_row

from tests.benchmarks.web import cpu_seconds_of

# A quote, who wants it, and the code of the booking.
Errand = tuple[UUID, int, str]

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


ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# What the hold writes, as its one statement; `first` is the claim.
WRITE = """
WITH first AS ({claim}),
booking AS (INSERT INTO rentals_booking (id, code, starts_at, ends_at, is_by_model, state, channel, eligibility,
        idempotency_key, cancel_reason, refund_cap_bp, created_at, allocation_id, model_id, pickup_station_id,
        renter_id, return_station_id, quote_id)
    SELECT %(booking_id)s, %(code)s, %(starts_at)s, %(rental_ends_at)s, true, 'held', 'web', '{eligibility}',
           %(key)s, '', 10000, %(now)s, %(claim)s, %(model_id)s, %(station_id)s, %(renter)s, %(station_id)s,
           %(quote)s FROM first),
intent AS (INSERT INTO payments_paymentintent (id, payer_id, reference, purpose, description, provider, amount,
        prepayment_amount, deposit_amount, state, provider_ref, language, idempotency_key, created_at, expires_at)
    SELECT %(intent)s, %(renter)s, %(claimant)s, 'booking', %(code)s, 'vnpay', %(total)s + %(deposit)s, %(total)s,
           %(deposit)s, 'created', '', 'vi', %(claimant)s || ':1', %(now)s, %(hold_expires_at)s FROM first),
deposit AS (INSERT INTO payments_deposit (id, reference, payer_id, amount, captured, released, state, created_at)
    SELECT %(deposit_id)s, %(claimant)s, %(renter)s, %(deposit)s, 0, 0, 'due', %(now)s FROM first),
{events}
SELECT vehicle_id FROM first
"""
EVENT = """
event_{number} AS (INSERT INTO core_stateevent (machine, subject, source, target, actor_kind, actor_ref,
        actor_label, reason, at)
    SELECT '{machine}', %({subject})s::text, '', '{state}', 'renter', %(public_id)s, %(full_name)s, '', %(now)s
    FROM first)"""
EVENTS = (
    ("booking", "booking_id", "held"),
    ("payment_intent", "intent", "created"),
    ("deposit", "deposit_id", "due"),
)
LOCK = """
    SELECT public_id, full_name, phone, is_active AND blocked_at IS NULL FROM accounts_user WHERE id = %(renter)s
    FOR NO KEY UPDATE
"""
TURNAROUND = timedelta(minutes=30)


@lru_cache(maxsize=1)
def _statements() -> tuple[str, str, str]:
    """Return what reads the quote, what reads the facts and what writes."""
    from rentals.bookings.services.hold_facts import FACTS
    from rentals.pricing.loading import QUOTE
    from stations.timeline.candidates import CLAIMS

    quote = "SELECT q.* " + QUOTE[QUOTE.index("FROM rentals_quote") :]
    events = ",".join(
        EVENT.format(number=number, machine=machine, subject=subject, state=state)
        for number, (machine, subject, state) in enumerate(EVENTS)
    )
    return quote, FACTS, WRITE.format(claim=CLAIMS[False], eligibility=ELIGIBILITY, events=events)


def _transact(connection: "psycopg.Connection[dict[str, Any]]", errand: Errand) -> bool:
    """Hold as the service does, and judge as little as `bare_hold`."""
    quote_statement, facts_statement, write_statement = _statements()
    quote_id, renter, code = errand
    quote = connection.execute(quote_statement, {"quote": quote_id}, prepare=True).fetchone()
    assert quote is not None
    now = datetime.now(UTC)
    today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    values: dict[str, Any] = {"quote": quote_id, "renter": renter, "code": code, "now": now}
    with connection.transaction():
        account = connection.execute(LOCK, values, prepare=True).fetchone()
        assert account is not None
        values |= account
        values |= {
            "key": f"{account['public_id']}:web:{quote_id}",
            "debt_account": f"receivable:{account['public_id']}",
            "stations": [quote["pickup_station_id"], quote["return_station_id"]],
            "opens_from": quote["starts_at"],
            "opens_to": quote["ends_at"],
            "today": today.date(),
            "station": quote["pickup_station_id"],
            "model": quote["model_id"],
            "midnight": today,
            "next_midnight": today + timedelta(days=1),
        }
        with connection.cursor(row_factory=tuple_row) as cursor:
            facts: Any = cursor.execute(facts_statement, values, prepare=True).fetchone()
        if (
            facts[0] is not None
            or facts[1]
            or facts[3]
            or facts[6][0] > 1
            or facts[7]
            or quote["expires_at"] <= now
        ):
            return False
        ends_at = quote["ends_at"] + TURNAROUND
        values |= {
            "station_id": quote["pickup_station_id"],
            "model_id": quote["model_id"],
            "starts_at": quote["starts_at"],
            "ends_at": ends_at,
            "rental_ends_at": quote["ends_at"],
            "last_day": ends_at.astimezone(ZONE).date(),
            "most": 12,
            "claimant": f"booking:{code}",
            "hold_expires_at": now + timedelta(minutes=15),
            "booking_id": facts[8],
            "deposit_id": facts[9],
            "claim": facts[10],
            "intent": uuid4(),
            "total": quote["total_amount"],
            "deposit": quote["deposit_amount"],
        }
        return connection.execute(write_statement, values, prepare=True).fetchone() is not None


def _in_words(statement: str) -> str:
    return re.sub(r"%\((\w+)\)s", lambda name: ARGUMENTS[name[1]].replace("renter", "my_renter"), statement)


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
    connections = [psycopg.connect(**address, autocommit=True, row_factory=dict_row) for _ in range(threads)]
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
    connection: "psycopg.Connection[dict[str, Any]]", function: str, errands: Sequence[Errand]
) -> list[Answer]:
    call = _transact if function == "transaction" else partial(_call, function)
    answers = []
    for errand in errands:
        started = time.perf_counter()
        is_held = call(connection, errand)
        answers.append(Answer(is_held, time.perf_counter() - started))
    return answers


def _call(function: str, connection: "psycopg.Connection[dict[str, Any]]", errand: Errand) -> bool:
    row = connection.execute(f"SELECT {function}(%s, %s, %s) AS is_held", errand, prepare=True).fetchone()
    return bool(row and row["is_held"])
