"""Where the demo does not go: databases that belong to somebody else."""

import io

import pytest
from django.core.management import CommandError, call_command

from rentals.management.commands import seed_demo
from stations.network.models import Station
from tests.factories.accounts import make_user
from tests.factories.stations import make_station


def test_database_with_real_people_is_refused() -> None:
    make_user(email="somebody@example.vn")
    with pytest.raises(CommandError, match="1 accounts of real people"):
        call_command("seed_demo", stdout=io.StringIO())
    assert not Station.objects.exists()


def test_database_with_real_people_is_taken_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    make_user(email="somebody@example.vn")
    built: list[object] = []
    monkeypatch.setattr(seed_demo, "build", lambda scale, _say: built.append(scale))
    call_command("seed_demo", force=True, stdout=io.StringIO())
    assert len(built) == 1


def test_database_with_other_stations_is_refused_even_by_force() -> None:
    make_station()
    with pytest.raises(CommandError, match="bin/up --fresh"):
        call_command("seed_demo", force=True, stdout=io.StringIO())
    assert Station.objects.count() == 1
