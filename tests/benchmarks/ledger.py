"""Ledger entries a second against bare SQL that inserts the same rows, side by side in one run.

    DATABASE_URL=... python -m tests.benchmarks.ledger [--entries 2000] [--writers 4]

Each entry is a payment of three lines in a transaction of its own: a clearing account that all share, and the
prepaid money and the deposit of a booking of its own. Three ways take turns, round by round:

post    payments.ledger.services.post, as the portal does it
guarded the same rows by three bare statements into the same tables, with every trigger and constraint
bare    the same rows by three bare statements into copies of the tables without triggers and checks

Run it against an empty, migrated database: entries stay, because the ledger cannot be emptied.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable
from itertools import count
from uuid import uuid4

import django

ROUNDS = 4
RUN = uuid4().hex[:8]
_numbers = count(1)

COPIES = """
CREATE TABLE IF NOT EXISTS bench_account (LIKE payments_ledgeraccount INCLUDING DEFAULTS INCLUDING IDENTITY);
CREATE TABLE IF NOT EXISTS bench_entry (LIKE payments_ledgerentry INCLUDING DEFAULTS INCLUDING IDENTITY);
CREATE TABLE IF NOT EXISTS bench_line (LIKE payments_ledgerline INCLUDING DEFAULTS INCLUDING IDENTITY);
CREATE UNIQUE INDEX IF NOT EXISTS bench_account_code ON bench_account (code);
CREATE UNIQUE INDEX IF NOT EXISTS bench_entry_key ON bench_entry (idempotency_key);
CREATE INDEX IF NOT EXISTS bench_line_account ON bench_line (account_id);
CREATE INDEX IF NOT EXISTS bench_line_entry ON bench_line (entry_id);
"""
ACCOUNTS = """
WITH wanted(code, kind, owner_ref, tracked) AS (VALUES
    ('psp_clearing:vnpay', 'asset', 'vnpay', false),
    ('customer_prepaid:' || %(ref)s, 'liability', %(ref)s, true),
    ('deposit_liability:' || %(ref)s, 'liability', %(ref)s, true)
)
INSERT INTO {account} (code, kind, owner_ref, tracked, balance, min_balance)
SELECT code, kind, owner_ref, tracked, 0, 0 FROM wanted
ON CONFLICT (code) DO NOTHING
"""
ENTRY = """
INSERT INTO {entry} (kind, idempotency_key, reference, occurred_at, actor_kind, actor_ref)
VALUES ('payment', %(key)s, %(ref)s, now(), 'system', '') RETURNING id
"""
LINES = """
INSERT INTO {line} (entry_id, account_id, amount)
SELECT %(entry)s, a.id, m.amount
FROM (VALUES ('psp_clearing:vnpay', 1400000), ('customer_prepaid:' || %(ref)s, -900000),
             ('deposit_liability:' || %(ref)s, -500000)) AS m(code, amount)
JOIN {account} a USING (code)
"""
LIVE = {"account": "payments_ledgeraccount", "entry": "payments_ledgerentry", "line": "payments_ledgerline"}
COPIED = {"account": "bench_account", "entry": "bench_entry", "line": "bench_line"}


def _reference() -> str:
    return f"bench:{RUN}-{next(_numbers)}"


def post_one() -> None:
    from payments.ledger import chart
    from payments.ledger import services as ledger
    from payments.ledger.enums import EntryKind
    from voltgo.core.actors import SYSTEM

    reference = _reference()
    ledger.post(
        kind=EntryKind.PAYMENT,
        key=f"key:{reference}",
        reference=reference,
        lines=[
            (chart.psp_clearing("vnpay"), 1_400_000),
            (chart.customer_prepaid(reference), -900_000),
            (chart.deposit_liability(reference), -500_000),
        ],
        by=SYSTEM,
    )


def insert_one(tables: dict[str, str]) -> None:
    from django.db import connection, transaction

    reference = _reference()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ACCOUNTS.format(**tables), {"ref": reference})
        cursor.execute(ENTRY.format(**tables), {"ref": reference, "key": f"key:{reference}"})
        entry = cursor.fetchone()[0]
        cursor.execute(LINES.format(**tables), {"ref": reference, "entry": entry})


def rate(write: Callable[[], None], entries: int, writers: int) -> float:
    """Return entries a second, all writers together."""
    from django.db import connection

    def work() -> None:
        for _ in range(entries // writers):
            write()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(writers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return entries // writers * writers / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000, help="per way, round and number of writers")
    parser.add_argument("--writers", type=int, default=4)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    django.setup()
    from django.db import connection

    from payments.ledger import selectors

    with connection.cursor() as cursor:
        cursor.execute(COPIES)
    ways: dict[str, Callable[[], None]] = {
        "post": post_one,
        "guarded": lambda: insert_one(LIVE),
        "bare": lambda: insert_one(COPIED),
    }
    for writers in (1, options.writers):
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, write in ways.items():
                found[name].append(rate(write, options.entries // ROUNDS, writers))
        bare = statistics.median(found["bare"])
        for name, rates in found.items():
            median = statistics.median(rates)
            print(f"{writers} writer(s)  {name:8} {median:8.0f} entries/s  {median / bare:5.2f} of bare")
    proof = selectors.prove()
    print("the ledger holds" if proof.holds else f"THE LEDGER DOES NOT HOLD: {proof.problems}")


if __name__ == "__main__":
    main()
