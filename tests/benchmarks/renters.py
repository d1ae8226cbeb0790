"""Renters for the benchmarks: verified, signed in, each with a quote of their own that waits to be taken."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection

from accounts.users.models import User
from rentals.policies.rules import Policy

PASSWORD = "!no-password"
CSRF = "c" * 32

# Verified renters as the portal would have made them; nobody reads their numbers.
RENTERS = """
INSERT INTO accounts_user (password, is_superuser, public_id, email, full_name, phone, born_on, language, is_active,
       is_staff, blocked_reason, date_joined)
SELECT %(password)s, false, 'U-' || n, n || '@example.vn', 'Renter', '0900000000', '1995-03-14', 'vi', true, false,
       '', now()
FROM (SELECT coalesce(max(id), 0) AS known FROM accounts_user), generate_series(known + 1, known + %(count)s) n
RETURNING id, public_id
"""
PAPERS = """
INSERT INTO accounts_identitydocument (user_id, kind, state, uploaded_at, consent_version, number_encrypted,
       number_hash, number_tail, full_name, born_on, issued_on, expires_on, reviewed_at, rejection_code,
       rejection_note, licence_classes, bad_sides, country, is_automatic, findings)
SELECT u.id, k, 'approved', now(), '2026-11', '', md5(u.id || k), '000', 'Renter', '1995-03-14', '2025-06-01',
       '2099-12-31', now(), '', '', CASE k WHEN 'driving_licence' THEN ARRAY['A1', 'B'] ELSE ARRAY[]::varchar[] END,
       '{}', '', true, ARRAY[]::varchar[]
FROM accounts_user u, unnest(ARRAY['citizen_card', 'driving_licence', 'selfie']) k
WHERE u.id = ANY(%(renters)s)
"""
# Three hours, at a random station and model, within the weeks of FURTHEST_DAYS: what rivals rarely want at once.
QUOTES = """
INSERT INTO rentals_quote (id, model_id, pickup_station_id, return_station_id, starts_at, ends_at, tariff_id, lines,
       terms, options, policy, total_amount, net_amount, vat_amount, deposit_amount, sha256, created_at, expires_at)
SELECT gen_random_uuid(), v.model_id, v.station_id, v.station_id, t.starts_at, t.starts_at + interval '3 hours',
       f.id, %(lines)s, '{}', '[]', %(policy)s, 90000, 83333, 6667, f.deposit_amount, repeat('0', 64), now(),
       now() + interval '1 day'
FROM (SELECT n, (random() * ((SELECT max(id) - min(id) FROM stations_vehicle)))::bigint
              + (SELECT min(id) FROM stations_vehicle) AS vehicle_id,
             date_trunc('hour', now()) + make_interval(hours => 168 + (random() * %(hours)s)::int) AS starts_at
      FROM generate_series(1, %(count)s) n) t
JOIN stations_vehicle v ON v.id = t.vehicle_id AND v.lifecycle = 'in_service' AND v.condition = 'ready'
JOIN rentals_tariff f ON f.model_id = v.model_id
RETURNING id
"""
FURTHEST_DAYS = 60
LINES = [
    {
        "code": "rent_hours", "kind": "rent", "params": {"hours": 3}, "gross": 90_000,
        "vat_bp": 800, "net": 83_333, "vat": 6_667,
    }
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Renter:
    """Somebody who is about to press the button: who, their session, and the quote that they look at."""

    user_id: int
    session: str
    quote_id: uuid.UUID


def make_renters(count: int) -> list[Renter]:
    """Make verified renters, each with a session and a fresh quote."""
    users = make_people(count)
    with connection.cursor() as cursor:
        quotes = make_quotes(cursor, count)
        for table in ("accounts_user", "accounts_identitydocument", "rentals_quote", "django_session"):
            cursor.execute(f"ANALYZE {table}")
    return [Renter(user.pk, session_of(user), quote_id) for user, quote_id in zip(users, quotes, strict=True)]


def make_people(count: int) -> list[User]:
    """Make verified renters; the users that are returned know no more than a session needs."""
    with connection.cursor() as cursor:
        cursor.execute(RENTERS, {"password": PASSWORD, "count": count})
        people = cursor.fetchall()
        cursor.execute(PAPERS, {"renters": [user_id for user_id, _ in people]})
    return [User(pk=user_id, password=PASSWORD) for user_id, _ in people]


def make_quotes(cursor: Any, count: int) -> list[uuid.UUID]:
    values = {
        "count": count,
        "lines": json.dumps(LINES),
        "policy": json.dumps(Policy().as_json()),
        "hours": FURTHEST_DAYS * 24,
    }
    cursor.execute(QUOTES, values)
    found = [quote_id for (quote_id,) in cursor.fetchall()]
    # Some numbers meet no vehicle, or one that nobody can rent.
    return found if len(found) >= count else found + make_quotes(cursor, count - len(found))


def session_of(user: User) -> str:
    """Sign a person in as the portal does, without the sign-in page; return the session's key."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.set_expiry(timedelta(days=1))
    session.create()
    return str(session.session_key)


def post_of(renter: Renter, *, host: str) -> bytes:
    """Return the whole request that pressing the button sends, as a browser behind our load balancer would."""
    body = f"csrfmiddlewaretoken={CSRF}".encode()
    head = (
        f"POST /quotes/{renter.quote_id}/hold/ HTTP/1.1\r\nHost: {host}\r\n"
        f"Cookie: sessionid={renter.session}; csrftoken={CSRF}\r\nOrigin: https://{host}\r\n"
        f"Referer: https://{host}/quotes/{renter.quote_id}\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-For: 127.0.0.1\r\nUser-Agent: benchmark\r\nAccept: text/html\r\nAccept-Language: vi\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def dealt(renters: list[Renter], hands: int) -> Iterator[list[Renter]]:
    """Deal the renters to so many clients."""
    for hand in range(hands):
        yield renters[hand::hands]
