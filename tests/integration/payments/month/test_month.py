import pytest

from tests.simulation.month import run_month

pytestmark = pytest.mark.django_db


def test_a_month_of_trouble_reconciles_to_the_dong() -> None:
    report = run_month(bookings=60, days=6, seed=7)

    assert report.problems == [], str(report)
    # A month in which nothing went wrong would prove nothing.
    for trouble in ("notification lost", "notification repeated", "discrepancies named", "cash variance"):
        assert report.happened[trouble] > 0, str(report)
