"""Two hundred people want the last vehicles of a busy station, through the real web server.

Each has a session, a CSRF token and a fresh quote, and presses the button once over a connection of their own.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from payments.intents.models import Deposit, PaymentIntent
from rentals.bookings.models import Booking
from stations.timeline.enums import LIVE_STATES, AllocationState
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import with_turnaround
from tests.benchmarks.renters import Renter, make_people, post_of, session_of
from tests.benchmarks.web import Server, free_port, send_all
from tests.factories.rentals import a_period, make_quote, make_tariff
from tests.factories.stations import make_allocation, make_car_model, make_station, make_vehicle
from voltgo.core import clock

CLIENTS, VEHICLES, STALE = 200, 20, 6
# By plate for one in four; everybody else takes what there is.
BY_PLATE = 4

OVERLAPS = """
    SELECT count(*) FROM stations_vehicleallocation a JOIN stations_vehicleallocation b
        ON a.vehicle_id = b.vehicle_id AND a.id < b.id AND a.period && b.period
    WHERE a.state = ANY(%(live)s) AND b.state = ANY(%(live)s)
"""


@pytest.fixture
def server():
    """The portal under gunicorn on the test's own database; it ends before the tables are emptied."""
    name = connection.settings_dict["NAME"]
    address = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + name
    running = Server(free_port(), {"DATABASE_URL": address, "LOG_LEVEL": "ERROR"})
    yield running
    running.stop()


def deadlocks():
    with connection.cursor() as cursor:
        # A backend tells its counts when it is idle, at most a second late.
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def overlapping_pairs():
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, {"live": [state.value for state in LIVE_STATES]})
        return cursor.fetchone()[0]


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def vehicles(station):
    model = make_car_model()
    make_tariff(model=model)
    return [make_vehicle(station=station, model=model) for _ in range(VEHICLES)]


def test_two_hundred_clients_for_the_last_twenty_vehicles_get_exactly_twenty(server, station, vehicles):
    model = vehicles[0].model
    period = a_period(starts_at=(clock.now() + timedelta(days=3)).replace(microsecond=0), hours=5)
    for vehicle in vehicles[:STALE]:
        make_allocation(
            vehicle=vehicle,
            period=with_turnaround(period),
            state=AllocationState.HELD,
            hold_expires_at=clock.now() - timedelta(seconds=1),
        )
    clients, users = [], make_people(CLIENTS)
    for number in range(CLIENTS):
        user = users[number]
        chosen = vehicles[number // BY_PLATE % VEHICLES] if number % BY_PLATE == 0 else None
        quote = make_quote(model=model, station=station, period=period, vehicle=chosen)
        clients.append(Renter(user.pk, session_of(user), quote.pk))
    before = deadlocks()

    host = f"127.0.0.1:{server.port}"
    replies = send_all(
        server.port, [post_of(client, host=host) for client in clients], clients=CLIENTS, keep_bodies=True
    )

    assert Counter(reply.status for reply in replies) == {302: VEHICLES, 409: CLIENTS - VEHICLES}
    assert all(reply.location.startswith("/payments/") for reply in replies if reply.status == 302)
    assert all(
        "Xe vừa có người đặt trước bạn" in reply.body.decode() for reply in replies if reply.status == 409
    )
    assert Booking.objects.count() == PaymentIntent.objects.count() == Deposit.objects.count() == VEHICLES
    live = VehicleAllocation.objects.live(clock.now())
    assert live.count() == live.values("vehicle").distinct().count() == VEHICLES
    assert overlapping_pairs() == 0
    assert deadlocks() == before
    # Everybody is answered within a browser's patience, on a machine that does other work too.
    assert max(reply.seconds for reply in replies) < 110
