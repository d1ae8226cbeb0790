"""Posting: idempotent, balanced, within the limits of guarded accounts."""

import pytest

from payments.ledger import chart, selectors, services
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn, EntryConflict, EntryRefused
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from payments.ledger.services import Line
from voltgo.core.actors import SYSTEM

REFERENCE = "booking:VG-7K2M4Q"
CLEARING = chart.psp_clearing("vnpay")
PREPAID = chart.customer_prepaid(REFERENCE)
DEPOSIT = chart.deposit_liability(REFERENCE)
PAID: list[Line] = [(CLEARING, 4_200_000), (PREPAID, -1_200_000), (DEPOSIT, -3_000_000)]


def post(key: str, lines: list[Line], kind: EntryKind = EntryKind.PAYMENT) -> LedgerEntry:
    return services.post(kind=kind, key=key, reference=REFERENCE, lines=lines, by=SYSTEM)


def test_an_entry_moves_money_between_accounts() -> None:
    entry = post("paid:1", PAID)
    written = list(entry.lines.order_by("pk").values_list("account__code", "amount"))
    assert written == [
        ("psp_clearing:vnpay", 4_200_000),
        ("customer_prepaid:booking:VG-7K2M4Q", -1_200_000),
        ("deposit_liability:booking:VG-7K2M4Q", -3_000_000),
    ]
    assert selectors.balance(CLEARING) == 4_200_000
    assert selectors.balance(PREPAID) == 1_200_000
    assert selectors.balance(DEPOSIT) == 3_000_000


def test_only_guarded_accounts_keep_a_running_balance() -> None:
    post("paid:1", PAID)
    stored = dict(LedgerAccount.objects.values_list("code", "balance"))
    assert stored == {CLEARING.code: 0, PREPAID.code: 1_200_000, DEPOSIT.code: 3_000_000}


def test_the_same_key_and_lines_return_the_first_entry() -> None:
    first = post("paid:1", PAID)
    again = post("paid:1", list(reversed(PAID)))
    assert again.pk == first.pk
    assert LedgerEntry.objects.count() == 1
    assert LedgerLine.objects.count() == 3


@pytest.mark.parametrize(
    "other",
    [
        [(CLEARING, 4_200_001), (PREPAID, -1_200_001), (DEPOSIT, -3_000_000)],
        [(CLEARING, 4_200_000), (PREPAID, -4_200_000)],
    ],
)
def test_the_same_key_with_other_lines_is_refused(other: list[Line]) -> None:
    post("paid:1", PAID)
    with pytest.raises(EntryConflict):
        post("paid:1", other)
    assert LedgerLine.objects.count() == 3


def test_the_same_key_for_another_reference_is_refused() -> None:
    post("paid:1", PAID)
    with pytest.raises(EntryConflict):
        services.post(
            kind=EntryKind.PAYMENT, key="paid:1", reference="booking:VG-OTHER2", lines=PAID, by=SYSTEM
        )


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [(CLEARING, 0)],
        [(CLEARING, 100)],
        [(CLEARING, 100), (PREPAID, -99)],
        [(CLEARING, 0), (PREPAID, 0)],
        [(CLEARING, 100), (PREPAID, -100), (DEPOSIT, 0)],
    ],
)
def test_lines_that_make_no_entry_are_refused(lines: list[Line]) -> None:
    with pytest.raises(EntryRefused):
        post("bad", lines)
    assert not LedgerEntry.objects.exists()
    assert not LedgerAccount.objects.exists()


def test_a_guarded_account_is_not_overdrawn() -> None:
    post("paid:1", PAID)
    with pytest.raises(AccountOverdrawn):
        post("capture:1", [(DEPOSIT, 3_000_001), (PREPAID, -3_000_001)], EntryKind.DEPOSIT_CAPTURE)
    assert LedgerEntry.objects.count() == 1
    assert selectors.balance(DEPOSIT) == 3_000_000


def test_a_reversal_undoes_an_entry_once() -> None:
    entry = post("paid:1", PAID)
    mirror = services.reverse(entry=entry, key="undo:1", by=SYSTEM)
    again = services.reverse(entry=entry, key="undo:2", by=SYSTEM)
    assert again.pk == mirror.pk
    assert [selectors.balance(account) for account in (CLEARING, PREPAID, DEPOSIT)] == [0, 0, 0]
    assert LedgerEntry.objects.count() == 2


def test_locking_opens_missing_accounts_and_returns_their_balances() -> None:
    post("paid:1", PAID)
    rows = services.lock_accounts([DEPOSIT, chart.receivable("U-TEST234567")])
    assert rows[DEPOSIT.code].balance == 3_000_000
    assert rows["receivable:U-TEST234567"].balance == 0
    assert rows["receivable:U-TEST234567"].tracked


def test_an_account_never_used_has_no_balance() -> None:
    assert selectors.balance(chart.customer_credit("booking:VG-NOBODY")) == 0
    assert not LedgerAccount.objects.exists()
