"""Lines of our bank's statement: exact ones are booked once, all others wait in suspense for a person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import override_settings

from accounts.users.models import User
from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind
from payments.gateways.vietqr import memo_of
from payments.intents import services as intents
from payments.intents import targets
from payments.intents.enums import IntentState, RefundState, RefundWay
from payments.intents.errors import SecondPersonNeeded
from payments.intents.models import Payment, PaymentIntent, Refund
from payments.intents.services import payees
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger import services as posting
from payments.ledger.enums import EntryKind
from payments.reconciliation import selectors, services
from payments.reconciliation.errors import LineIsClosed, PayoutDiffers, TargetUnknown
from payments.reconciliation.models import BankLine, ProviderPayout
from payments.reconciliation.services import bank_lines
from payments.reconciliation.services.bank_lines import return_memo
from tests.factories.accounts import make_user
from tests.factories.payments import fact_of, make_intent, make_paid_intent
from tests.factories.settlements import (
    DAY,
    FileGateway,
    TransferGateway,
    line_of,
    served_by,
    take_in,
    take_in_statement,
)
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.errors import InvalidInput, NotAllowed

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
HANOI = "21/11/2026 09:40"
# What payOS calls the transfer that the bank calls FT1.
NUMBER = "1234567890:FT1"
HA = Actor(ActorKind.OPERATOR, "U-HA", "Thu Hà")
LAN = Actor(ActorKind.OPERATOR, "U-LAN", "Mai Lan")


@pytest.fixture
def payos() -> TransferGateway:
    return TransferGateway()


@pytest.fixture(autouse=True)
def _served(payos: TransferGateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    order = {"order": targets.Target(url_for=lambda name: f"/orders/{name}/")}
    monkeypatch.setattr(targets, "_targets", order)
    methods = override_settings(PAYMENT_METHODS=["vnpay", "payos"])
    with served_by(FileGateway()), served_by(payos), time_machine.travel(NOW, tick=False), methods:
        yield


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def asked(payer: User) -> PaymentIntent:
    """A booking of 4.2 million to be paid by transfer."""
    intent = make_intent(payer=payer, reference="order:VG-7K2M4Q")
    intents.start_payment(
        intent=intent, origin="http://x", ip_address="127.0.0.1", language="vi", by=HA, method="payos"
    )
    intent.refresh_from_db()
    return intent


def memo(intent: PaymentIntent) -> str:
    assert intent.merchant_ref
    return memo_of(intent.merchant_ref)


def settle(*rows: tuple[str, str, int, str]) -> dict[str, int]:
    take_in_statement(*rows)
    return services.settle_bank_lines()


def states() -> list[str]:
    return list(BankLine.objects.order_by("pk").values_list("state", flat=True))


def balances(*accounts: chart.Account) -> list[int]:
    return [ledger.balance(account) for account in accounts]


PAYOS = chart.psp_clearing("payos")


def test_a_line_that_cannot_be_judged_holds_up_no_other(
    payer: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    judge = bank_lines.settle_line

    def stumble(*, line: BankLine) -> BankLine:
        if line.memo == "broken":
            raise ZeroDivisionError
        return judge(line=line)

    monkeypatch.setattr(bank_lines, "settle_line", stumble)
    assert settle(("FT1", HANOI, 1_000, "broken"), ("FT2", HANOI, 2_000, "?")) == {"booked": 0, "suspense": 1}
    assert states() == ["new", "suspense"]
    assert "cannot be judged" in caplog.text


# --- Money that comes in ----------------------------------------------------------------------------
def test_a_transfer_that_its_provider_told_of_is_the_same_money(asked: PaymentIntent) -> None:
    intents.apply_fact(
        fact_of(asked, provider="payos", provider_ref=NUMBER, merchant="", amount=asked.amount)
    )
    assert balances(PAYOS, chart.BANK) == [4_200_000, 0]

    done = settle(("FT1", HANOI, 4_200_000, "noi dung khac"))

    assert done == {"booked": 1, "suspense": 0}
    assert balances(PAYOS, chart.BANK, chart.SUSPENSE) == [0, 4_200_000, 0]
    assert Payment.objects.count() == 1
    assert services.settle_bank_lines() == {"booked": 0, "suspense": 0}


def test_a_transfer_that_only_the_statement_tells_of_is_booked_once(
    asked: PaymentIntent, payos: TransferGateway
) -> None:
    settle(("FT1", HANOI, 4_200_000, f"{memo(asked)} thanh toan"))

    asked.refresh_from_db()
    assert asked.state == IntentState.SUCCEEDED
    assert payos.asked == [asked.merchant_ref]
    # The notification comes at last and names the same number.
    late = fact_of(asked, provider="payos", provider_ref=NUMBER, merchant="")
    assert intents.apply_fact(late).outcome.value == "repeated"
    assert balances(PAYOS, chart.BANK) == [0, 4_200_000]
    assert states() == ["booked"]


def test_what_the_provider_knows_is_taken_before_the_line(
    asked: PaymentIntent, payos: TransferGateway
) -> None:
    assert asked.merchant_ref
    payos.known[asked.merchant_ref] = fact_of(asked, provider="payos", provider_ref="TF-77", merchant="")

    settle(("FT1", HANOI, 4_200_000, memo(asked)))

    assert Payment.objects.get().provider_ref == "TF-77"
    assert balances(PAYOS, chart.BANK) == [0, 4_200_000]


def test_two_equal_transfers_on_one_day_are_both_booked(asked: PaymentIntent) -> None:
    garbled = " ".join(memo(asked))

    done = settle(("FT1", HANOI, 4_200_000, garbled), ("FT2", HANOI, 4_200_000, garbled))

    assert done["booked"] == 2
    assert sorted(Payment.objects.values_list("provider_ref", "surplus_amount")) == [
        (NUMBER, 0),
        ("1234567890:FT2", 4_200_000),
    ]
    assert balances(PAYOS, chart.BANK) == [0, 8_400_000]


def test_a_transfer_that_names_a_booking_by_hand_pays_it(payer: User) -> None:
    intent = make_intent(payer=payer, reference="order:VG-2A6A7K")

    settle(("FT1", HANOI, 4_200_000, "thue xe vg 2a6a7k"))

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    payment = Payment.objects.get()
    assert payment.sender is not None
    assert (payment.provider, payees.number_of(payment.sender)) == ("bank", "0011223344")
    assert "0011223344" not in str(payment.sender)
    assert balances(chart.BANK, chart.deposit_liability(intent.reference)) == [4_200_000, 3_000_000]


def test_a_memo_of_two_bookings_is_nobodys(payer: User) -> None:
    for code in ("VG-2A6A7K", "VG-3C6A7K"):
        make_intent(payer=payer, reference=f"order:{code}")

    settle(("FT1", HANOI, 4_200_000, "VG-2A6A7K VG-3C6A7K"))

    assert states() == ["suspense"]
    assert not Payment.objects.exists()


def test_an_equal_amount_alone_books_nothing(asked: PaymentIntent) -> None:
    assert settle(("FT1", HANOI, 4_200_000, "tien thue xe")) == {"booked": 0, "suspense": 1}

    asked.refresh_from_db()
    assert asked.state == IntentState.PENDING
    assert balances(chart.BANK, chart.SUSPENSE) == [4_200_000, 4_200_000]
    case = MoneyCase.objects.get()
    assert (case.kind, case.amount, case.state) == ("unknown_money", 4_200_000, CaseState.OPEN)


# --- Money that goes out ----------------------------------------------------------------------------
@pytest.fixture
def by_hand(payer: User) -> Refund:
    intent = make_paid_intent(payer=payer, reference="order:VG-9A9A9A")
    refund = intents.refund(
        reference=intent.reference, prepayment_amount=300_000, deposit_amount=0, reason="cancellation",
        idempotency_key="r1", by=HA,
    )  # fmt: skip
    Refund.objects.filter(pk=refund.pk).update(
        state=RefundState.BY_HAND, way=RefundWay.TRANSFER, memo="VGHT7K2M4Q9A"
    )
    refund.refresh_from_db()
    return refund


def test_a_transfer_under_a_refunds_memo_closes_it(by_hand: Refund) -> None:
    settle(("FT9", HANOI, -300_000, "MBVCB.123 VGHT7K2M4Q9A chuyen tien"))

    by_hand.refresh_from_db()
    assert by_hand.state == RefundState.SUCCEEDED
    assert balances(chart.BANK, chart.refund_clearing("vnpay")) == [-300_000, 0]
    assert states() == ["booked"]


@pytest.mark.parametrize(("amount", "words"), [(-300_001, "VGHT7K2M4Q9A"), (-300_000, "hoan tien")])
def test_another_amount_or_memo_closes_nothing(by_hand: Refund, amount: int, words: str) -> None:
    settle(("FT9", HANOI, amount, words))

    by_hand.refresh_from_db()
    assert by_hand.state == RefundState.BY_HAND
    assert balances(chart.BANK, chart.SUSPENSE) == [amount, amount]


# --- Transfers of providers ----------------------------------------------------------------------------
def test_a_payout_of_two_days_is_booked_with_its_fees(payer: User) -> None:
    first = make_paid_intent(payer=payer, reference="order:A").payments.get()
    take_in([line_of(first, fee=46_200)], day=DAY)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        second = make_paid_intent(payer=payer, reference="order:B").payments.get()
        take_in([line_of(second, fee=46_200)], day=DAY + timedelta(days=1))
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        done = settle(("FT5", "23/11/2026 08:00", 8_307_600, "VNPAY thanh toan 21-22/11"))

    assert done["booked"] == 1
    payout = ProviderPayout.objects.get()
    assert (payout.first_day, payout.last_day) == (DAY, DAY + timedelta(days=1))
    assert (payout.gross_amount, payout.fee_amount, payout.net_amount) == (8_400_000, 92_400, 8_307_600)
    accounts = (chart.psp_clearing("vnpay"), chart.BANK, chart.PSP_FEES)
    assert balances(*accounts) == [0, 8_307_600, 92_400]
    assert selectors.clearing_difference("vnpay") == 0
    assert selectors.unpaid_days("vnpay", DAY + timedelta(days=2)) == []


def test_a_payout_that_fits_no_files_waits_and_is_booked_when_the_file_comes(payer: User) -> None:
    payment = make_paid_intent(payer=payer, reference="order:A").payments.get()
    settle(("FT5", "22/11/2026 08:00", 4_153_800, "VNPAY TT"))
    assert states() == ["suspense"]
    run = services.reconcile(source="bank", day=DAY + timedelta(days=1))
    assert run.counts == {"batch_mismatch": 1}
    assert run.unexplained_amount == 0

    take_in([line_of(payment, fee=46_200)])
    assert services.settle_bank_lines()["booked"] == 1

    assert balances(chart.SUSPENSE, chart.BANK, chart.psp_clearing("vnpay")) == [0, 4_153_800, 0]
    assert MoneyCase.objects.get(key__startswith="bankline:").state == CaseState.RESOLVED
    assert services.reconcile(source="bank", day=DAY + timedelta(days=1)).counts == {"matched": 1}


# --- People --------------------------------------------------------------------------------------------
@pytest.fixture
def unknown() -> BankLine:
    settle(("FT1", HANOI, 1_900_000, "tien xe"))
    return BankLine.objects.get()


def decide(
    line: BankLine, wish: str, target: str = "", *, by: Actor = HA, reason: str = "đã gọi khách"
) -> BankLine:
    return services.decide_line(line=line, wish=wish, target=target, reason=reason, by=by)


def test_a_person_names_the_booking_of_unknown_money(unknown: BankLine, payer: User) -> None:
    intent = make_intent(
        payer=payer, reference="order:VG-7K2M4Q", prepayment_amount=1_900_000, deposit_amount=0
    )

    line = decide(unknown, "assign", "vg-7k2m4q")

    intent.refresh_from_db()
    assert (line.state, intent.state) == ("booked", IntentState.SUCCEEDED)
    assert balances(chart.SUSPENSE, chart.BANK) == [0, 1_900_000]
    assert MoneyCase.objects.get().state == CaseState.RESOLVED


def test_above_the_limit_a_second_person_must_agree(payer: User) -> None:
    settle(("FT1", HANOI, 2_000_001, "tien xe"))
    make_intent(payer=payer, reference="order:VG-7K2M4Q")
    line = decide(BankLine.objects.get(), "assign", "VG-7K2M4Q")
    assert (line.state, line.wish) == ("suspense", "assign")

    with pytest.raises(SecondPersonNeeded):
        services.confirm_line(line=line, by=HA)
    assert not Payment.objects.exists()
    assert services.settle_bank_lines() == {"booked": 0, "suspense": 0}

    assert services.confirm_line(line=line, by=LAN).state == "booked"
    assert balances(chart.SUSPENSE) == [0]


def test_a_wish_that_is_refused_leaves_the_money_in_suspense(payer: User) -> None:
    settle(("FT1", HANOI, 2_000_001, "tien xe"))
    make_intent(payer=payer, reference="order:VG-7K2M4Q")
    line = decide(BankLine.objects.get(), "assign", "VG-7K2M4Q")

    assert services.refuse_line(line=line, reason="không đúng", by=LAN).wish == ""
    assert balances(chart.SUSPENSE) == [2_000_001]


def test_unknown_money_is_sent_back_and_leaves_suspense_with_the_transfer(unknown: BankLine) -> None:
    line = decide(unknown, "send_back")
    assert line.state == "returning"
    assert balances(chart.SUSPENSE) == [1_900_000]

    settle(("FT2", "22/11/2026 10:00", -1_900_000, f"tra lai {return_memo(line)}"))

    assert states() == ["booked", "booked"]
    assert balances(chart.SUSPENSE, chart.BANK) == [0, 0]
    assert MoneyCase.objects.get().state == CaseState.RESOLVED


def test_money_that_has_nothing_to_do_with_us_stands_apart(unknown: BankLine) -> None:
    assert decide(unknown, "not_ours", reason="vốn góp").state == "ignored"
    assert balances(chart.SUSPENSE, chart.BANK, chart.BANK_OTHER) == [0, 1_900_000, 1_900_000]


def test_decisions_need_a_reason_a_known_target_and_an_operator(unknown: BankLine) -> None:
    renter = Actor(ActorKind.RENTER, "U-1", "Minh Anh")
    for refusal, values in (
        (InvalidInput, {"wish": "not_ours", "reason": "  "}),
        (TargetUnknown, {"wish": "assign", "target": "VG-AAAAAA"}),
        (PayoutDiffers, {"wish": "payout", "target": "vnpay 2026-11-20 2026-11-21"}),
        (NotAllowed, {"wish": "not_ours", "by": renter}),
    ):
        with pytest.raises(refusal):
            decide(unknown, **values)
    assert states() == ["suspense"]
    decide(unknown, "not_ours")
    with pytest.raises(LineIsClosed):
        decide(unknown, "not_ours")


def test_a_day_at_the_bank_agrees_with_the_ledger(asked: PaymentIntent) -> None:
    settle(("FT1", HANOI, 4_200_000, memo(asked)), ("FT2", HANOI, -20_000, "phi"))

    run = services.reconcile(source="bank", day=DAY)

    assert run.counts == {"matched": 1, "unknown_ref": 1}
    assert (run.external_amount, run.internal_amount, run.unexplained_amount) == (4_180_000, 4_180_000, 0)


def test_a_booking_at_the_bank_without_a_line_is_named(asked: PaymentIntent) -> None:
    settle(("FT1", HANOI, 4_200_000, memo(asked)))
    intents.apply_fact(fact_of(asked, FactKind.SUCCEEDED, provider="payos", provider_ref="Y", merchant=""))
    posting.post(
        kind=EntryKind.ADJUSTMENT, key="x", reference="x", lines=[(chart.BANK, 5), (chart.SUSPENSE, -5)],
        occurred_at=NOW, by=HA,
    )  # fmt: skip

    run = services.reconcile(source="bank", day=DAY)

    assert run.counts == {"amount_mismatch": 1, "matched": 1}
    assert run.items.get(key="unexplained").difference == -5
    assert run.unexplained_amount == 0
