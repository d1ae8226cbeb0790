from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from voltgo.core import health


@pytest.fixture
def draining() -> Iterator[Path]:
    flag = health.drain_flag()
    flag.parent.mkdir(parents=True, exist_ok=True)
    flag.touch()
    yield flag
    flag.unlink()


def test_the_process_is_alive_whatever_its_servers_do(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_the_process_is_ready_when_database_and_redis_answer(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert answer["Cache-Control"] == "no-store"


def test_readiness_names_what_is_down_without_its_address(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "down": {"redis": "ConnectionError"}}


@pytest.mark.usefixtures("draining")
def test_a_draining_process_asks_for_no_new_visitors(client: Client) -> None:
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json() == {"status": "draining"}
    assert client.get("/livez").status_code == 200


def test_probes_arrive_with_any_host(client: Client) -> None:
    assert client.get("/livez", HTTP_HOST="10.1.2.3:8000").status_code == 200
    assert client.get("/readyz", HTTP_HOST="10.1.2.3:8000").status_code == 200
    assert client.get("/", HTTP_HOST="10.1.2.3:8000").status_code == 400


def test_a_probe_does_not_touch_the_connection_of_requests(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get("/readyz")
