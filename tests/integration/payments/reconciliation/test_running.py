"""A day compared with a provider's file: what is found, mended, put aside, asked of people, and kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.gateways.base import LineKind, SettledLine
from payments.intents.enums import IntentState
from payments.intents.models import Chargeback, Payment, PaymentIntent
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import selectors, services
from payments.reconciliation.errors import RunUnderWay
from payments.reconciliation.models import FeeRule, ReconciliationRun
from tests.factories.accounts import make_user
from tests.factories.payments import fact_of, make_intent, make_paid_intent, start
from tests.factories.settlements import DAY, NOON, FileGateway, line_of, served_by, take_in
from voltgo.core import locks

PAID_AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def gateway() -> FileGateway:
    return FileGateway()


@pytest.fixture(autouse=True)
def _served(gateway: FileGateway) -> Iterator[None]:
    with served_by(gateway):
        yield


@pytest.fixture
def payments() -> list[Payment]:
    with time_machine.travel(PAID_AT, tick=False):
        for name in "ABC":
            make_paid_intent(payer=make_user(), reference=f"order:{name}")
    return list(Payment.objects.order_by("pk"))


@pytest.fixture(autouse=True)
def _the_next_morning() -> Iterator[None]:
    with time_machine.travel(NEXT_DAY, tick=False):
        yield


def reconcile(**options: Any) -> ReconciliationRun:
    return services.reconcile(source="vnpay", day=DAY, **options)


def open_cases() -> list[tuple[str, int]]:
    rows = MoneyCase.objects.filter(state=CaseState.OPEN, key__startswith="recon:")
    return sorted(rows.values_list("kind", "amount"))


def test_a_day_that_agrees_is_matched_without_a_case(payments: list[Payment]) -> None:
    take_in([line_of(row, fee=46_200) for row in payments])

    run = reconcile()

    assert run.counts == {"matched": 3}
    assert (run.external_amount, run.internal_amount) == (12_600_000, 12_600_000)
    assert (run.explained_amount, run.unexplained_amount, run.number) == (0, 0, 1)
    assert open_cases() == []


def test_a_file_that_comes_twice_leads_to_the_same_run(payments: list[Payment]) -> None:
    lines = [line_of(row) for row in payments]
    take_in(lines)
    first = reconcile()
    take_in(lines)

    again = reconcile()

    assert again.number == 2
    assert again.fingerprint == first.fingerprint
    assert again.counts == first.counts
    first.refresh_from_db()
    assert (first.is_current, again.is_current) == (False, True)
    assert reconcile(only_if_changed=True) == again


def test_one_extra_line_is_missing_with_us_and_its_money_is_put_aside(payments: list[Payment]) -> None:
    take_in([line_of(row) for row in payments])
    reconcile()
    take_in(
        [*map(line_of, payments), line_of(payments[0], provider_ref="999", merchant_ref="X", amount=70_000)]
    )

    run = reconcile()

    assert run.counts == {"matched": 3, "missing_internal": 1}
    assert run.items.get(status="missing_internal").difference == 70_000
    assert (run.explained_amount, run.unexplained_amount) == (70_000, 0)
    assert open_cases() == [(CaseKind.UNKNOWN_MONEY, 70_000)]
    assert ledger.balance(chart.SUSPENSE) == 70_000
    reconcile()
    assert ledger.balance(chart.SUSPENSE) == 70_000
    assert selectors.clearing_difference("vnpay") == 0


def test_another_fee_than_agreed_is_named(payments: list[Payment]) -> None:
    FeeRule.objects.create(source="vnpay", valid_from=DAY, basis_points=110)
    FeeRule.objects.create(source="vnpay", valid_from=DAY + timedelta(days=1), basis_points=90)
    right, wrong, _ = payments
    take_in([line_of(right, fee=46_200), line_of(wrong, fee=50_000), line_of(payments[2], fee=46_200)])

    run = reconcile()

    assert run.counts == {"fee_mismatch": 1, "matched": 2}
    assert run.items.get(status="fee_mismatch").subject == f"payment:{wrong.pk}"
    assert open_cases() == [(CaseKind.RECONCILIATION, 4_200_000)]


def test_without_a_file_nothing_is_all_right(
    payments: list[Payment], caplog: pytest.LogCaptureFixture
) -> None:
    run = reconcile()

    assert run.file_missing
    assert run.counts == {"missing_external": 1}
    assert (run.internal_amount, run.unexplained_amount) == (12_600_000, 0)
    assert open_cases() == [(CaseKind.FILE_MISSING, 0)]
    assert "vnpay" in services.alert_missing_files(DAY)
    assert f"ALERT no file of vnpay for {DAY}" in caplog.text
    take_in([line_of(row) for row in payments])
    assert reconcile().counts == {"matched": 3}
    assert not MoneyCase.objects.filter(state=CaseState.OPEN, details__source="vnpay").exists()
    assert "vnpay" not in services.alert_missing_files(DAY)


def test_a_lost_notification_is_found_in_the_file_and_booked_by_the_providers_own_word(
    gateway: FileGateway,
) -> None:
    with time_machine.travel(PAID_AT, tick=False):
        intent = make_intent(payer=make_user())
        start(intent)
        fact = fact_of(intent, provider_ref="14222333", occurred_at=PAID_AT)
    gateway.known[fact.merchant_ref] = fact
    take_in([SettledLine(LineKind.PAYMENT, "14222333", fact.merchant_ref, intent.amount, 0, NOON)])

    run = reconcile()

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert run.counts == {"matched": 1}
    assert [row.counts for row in ReconciliationRun.objects.order_by("number")] == [
        {"missing_internal": 1},
        {"matched": 1},
    ]
    assert gateway.asked == [fact.merchant_ref]
    assert ledger.balance(chart.SUSPENSE) == 0
    assert open_cases() == []


def test_money_that_was_put_aside_is_taken_back_when_it_is_booked(gateway: FileGateway) -> None:
    with time_machine.travel(PAID_AT, tick=False):
        intent = make_intent(payer=make_user())
        start(intent)
        fact = fact_of(intent, provider_ref="14222333", occurred_at=PAID_AT)
    take_in([SettledLine(LineKind.PAYMENT, "14222333", fact.merchant_ref, intent.amount, 0, NOON)])
    assert reconcile().counts == {"missing_internal": 1}
    assert ledger.balance(chart.SUSPENSE) == intent.amount
    gateway.known[fact.merchant_ref] = fact

    assert reconcile().counts == {"matched": 1}

    reconcile()
    assert ledger.balance(chart.SUSPENSE) == 0
    assert ledger.balance(chart.psp_clearing("vnpay")) == intent.amount
    assert selectors.clearing_difference("vnpay") == 0


def test_what_the_file_lacks_is_a_case_only_after_three_days(payments: list[Payment]) -> None:
    take_in([line_of(row) for row in payments[1:]])

    run = reconcile()

    assert run.counts == {"matched": 2, "missing_external": 1}
    assert (run.explained_amount, run.unexplained_amount) == (-4_200_000, 0)
    assert open_cases() == []
    with time_machine.travel(NEXT_DAY + timedelta(days=2), tick=False):
        reconcile(only_if_changed=True)
    assert open_cases() == [(CaseKind.RECONCILIATION, -4_200_000)]
    assert ReconciliationRun.objects.count() == 1


def test_a_line_in_the_next_days_file_is_matched_late_on_both_days(payments: list[Payment]) -> None:
    take_in([line_of(row) for row in payments[1:]])
    reconcile()
    after = DAY + timedelta(days=1)
    moment = NOON + timedelta(days=1)
    late = line_of(payments[0], occurred_at=moment)
    take_in([late], day=after)

    assert reconcile().counts == {"matched": 2, "matched_late": 1}
    other = services.reconcile(source="vnpay", day=after)
    assert other.counts == {"matched_late": 1}
    assert (other.external_amount, other.internal_amount, other.unexplained_amount) == (4_200_000, 0, 0)
    assert open_cases() == []


def test_a_chargeback_that_only_the_file_tells_of_is_opened(payments: list[Payment]) -> None:
    lines = [line_of(row) for row in payments]
    taken_back = line_of(payments[0], kind=LineKind.CHARGEBACK, provider_ref="CB1", amount=-4_200_000)
    take_in([*lines, taken_back])

    run = reconcile()

    assert run.counts == {"matched": 4}
    assert Chargeback.objects.get().provider_ref == "CB1"
    assert PaymentIntent.objects.get(pk=payments[0].intent_id).state == IntentState.CHARGED_BACK
    assert selectors.clearing_difference("vnpay") == 0


def test_a_dispute_that_is_won_gives_back_under_the_same_number(payments: list[Payment]) -> None:
    after = DAY + timedelta(days=1)
    taken = line_of(payments[0], kind=LineKind.CHARGEBACK, provider_ref="CB1", amount=-4_200_000)
    given = replace(taken, amount=4_200_000, occurred_at=NOON + timedelta(days=1))
    take_in([*(line_of(row) for row in payments), taken])
    reconcile()
    take_in([given], day=after)

    run = services.reconcile(source="vnpay", day=after)

    assert (run.counts, run.unexplained_amount) == ({"matched": 1}, 0)
    assert reconcile().counts == {"matched": 4}
    assert Chargeback.objects.get().state == "won"
    assert PaymentIntent.objects.get(pk=payments[0].intent_id).state == IntentState.SUCCEEDED
    assert selectors.clearing_difference("vnpay") == 0


def test_a_dispute_opened_and_won_on_one_day_are_two_lines(payments: list[Payment]) -> None:
    taken = line_of(payments[0], kind=LineKind.CHARGEBACK, provider_ref="CB1", amount=-4_200_000)
    take_in([*(line_of(row) for row in payments), taken, replace(taken, amount=4_200_000)])

    run = reconcile()

    assert (run.counts, run.unexplained_amount) == ({"matched": 5}, 0)
    assert Chargeback.objects.get().state == "won"


def test_a_line_twice_and_another_amount_are_cases(payments: list[Payment]) -> None:
    first, second, third = payments
    take_in([line_of(first), line_of(first), line_of(second, amount=4_000_000), line_of(third)])

    run = reconcile()

    assert run.counts == {"amount_mismatch": 1, "duplicate_external": 1, "matched": 2}
    assert run.unexplained_amount == 0
    assert open_cases() == [(CaseKind.RECONCILIATION, -200_000), (CaseKind.RECONCILIATION, 4_200_000)]


def test_a_run_and_its_items_never_change(payments: list[Payment]) -> None:
    take_in([line_of(row) for row in payments])
    run = reconcile()

    with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
        ReconciliationRun.objects.update(external_amount=0)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run.items.update(status="matched")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run.items.all().delete()


def test_a_corrected_line_counts_instead_of_the_first(payments: list[Payment]) -> None:
    lines = [line_of(row) for row in payments]
    take_in([replace(lines[0], amount=1), *lines[1:]])
    assert reconcile().counts == {"amount_mismatch": 1, "matched": 2}

    take_in(lines)

    assert reconcile().counts == {"matched": 3}
    assert open_cases() == []


def test_one_day_is_compared_by_one_at_a_time(
    payments: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in([line_of(row) for row in payments])
    monkeypatch.setattr(locks, "try_session_lock", lambda *_numbers: False)

    with pytest.raises(RunUnderWay):
        reconcile()

    assert not ReconciliationRun.objects.exists()
