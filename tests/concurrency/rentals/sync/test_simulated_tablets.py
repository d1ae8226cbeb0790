import os

import pytest

from tests.simulation.tablets.run import run_all

pytestmark = pytest.mark.django_db(transaction=True)

RUNS = int(os.environ.get("VOLTGO_TABLET_RUNS", "6"))


def test_whatever_fails_every_command_is_there_once() -> None:
    report = run_all(runs=RUNS, seed=1)

    assert report.problems == [], str(report)
    # Days on which nothing went wrong would prove nothing. So few days may miss one kind of trouble: what a seed
    # brings moves with every query that the server makes.
    troubles = ("answer lost", "server died", "sent twice", "arrived late", "app killed", "piece cut")
    assert sum(report.happened[trouble] == 0 for trouble in troubles) <= 1, str(report)
    assert report.states["applied"] > RUNS
