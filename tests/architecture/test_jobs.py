import pytest
from celery import current_app

from voltgo.schedule import SCHEDULE


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    current_app.loader.import_default_modules()


@pytest.mark.parametrize("entry", sorted(SCHEDULE))
def test_every_periodic_job_exists(entry: str) -> None:
    assert SCHEDULE[entry]["task"] in current_app.tasks


@pytest.mark.parametrize("entry", sorted(SCHEDULE))
def test_a_periodic_job_that_waited_too_long_is_dropped(entry: str) -> None:
    # A worker that comes back after an hour must not run the same sweep a hundred times.
    every = SCHEDULE[entry]["schedule"]
    # A time of day comes once a day.
    seconds = every if isinstance(every, float) else 86_400
    assert 0 < SCHEDULE[entry]["options"]["expires"] <= max(seconds, 3600)


def test_every_task_has_a_name_of_its_own_app() -> None:
    ours = [name for name, task in current_app.tasks.items() if not name.startswith("celery.")]

    assert ours
    assert [
        name
        for name in ours
        if name.split(".")[0] not in {"core", "accounts", "payments", "stations", "rentals"}
    ] == []
