"""When a provider is asked again."""

from datetime import UTC, datetime, timedelta

from payments.intents.schedule import first_poll, first_refund_poll, next_payment_poll, next_refund_poll

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def _minutes(polls: int, after: int) -> float | None:
    when = next_payment_poll(START, polls, START + timedelta(minutes=after))
    return None if when is None else (when - START).total_seconds() / 60


def test_a_payment_is_asked_about_after_2_5_10_20_and_60_minutes_then_hourly_for_a_day() -> None:
    assert (first_poll(START) - START).total_seconds() / 60 == 2
    assert [_minutes(1, 2), _minutes(2, 5), _minutes(3, 10), _minutes(4, 20)] == [5, 10, 20, 60]
    assert _minutes(5, 60) == 120
    assert _minutes(20, 23 * 60) == 24 * 60
    assert _minutes(21, 24 * 60) is None


def test_a_worker_that_slept_asks_at_once_and_not_many_times() -> None:
    assert _minutes(1, 300) == 300


def test_a_refund_is_asked_about_for_fifteen_days() -> None:
    assert (first_refund_poll(START) - START).total_seconds() == 60
    hourly = next_refund_poll(START, 5, START + timedelta(hours=5))
    daily = next_refund_poll(START, 30, START + timedelta(days=3))
    assert hourly == START + timedelta(hours=6)
    assert daily == START + timedelta(days=4)
    assert next_refund_poll(START, 50, START + timedelta(days=15)) is None
