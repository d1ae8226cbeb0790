"""Kept fees: receipts, and the VAT of the day on which the money was collected."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.access.actors import renter_actor
from payments.invoices.einvoice_models import EInvoice
from payments.invoices.enums import Activity, ReceiptKind
from payments.invoices.models import Receipt
from payments.invoices.tax_models import TaxRule
from payments.ledger import chart
from payments.ledger import selectors as ledger
from rentals.bookings.collecting import collected_lines, parts_of
from rentals.bookings.enums import CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, hold_booking, mark_no_show
from rentals.pricing.lines import Line
from rentals.pricing.services import make_quote
from tests.factories.money import pay
from tests.factories.rentals import a_period, end_tax_rules, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, outbox
from voltgo.core.actors import Actor, ActorKind

SUPERVISOR = Actor(ActorKind.SUPERVISOR, "1", "Thu Hà")


@pytest.fixture(autouse=True)
def hand():
    with time_machine.travel("2026-12-31 23:50:00+07:00", tick=False) as hand_of_clock:
        yield hand_of_clock


@pytest.fixture
def vehicle():
    model = make_car_model()
    make_tariff(model=model)
    end_tax_rules(date(2026, 12, 31), then_bp=1000)
    return make_vehicle(station=make_station(), model=model)


def held(renter, vehicle, *, in_hours=48, hours=24):
    start = clock.now().replace(minute=30) + timedelta(hours=in_hours)
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, period=a_period(starts_at=start, hours=hours)
    )
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))


def cancel(booking, renter):
    return cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))


def test_a_booking_paid_in_december_for_january_keeps_the_rate_of_december(renter, vehicle, hand):
    booking = held(renter, vehicle)
    pay(booking)
    booking.refresh_from_db()

    assert booking.quote.total_amount == 600_000
    assert [line.vat for line in collected_lines(booking, booking.quote)] == [44_444]


def test_a_price_seen_in_december_and_paid_in_january_is_the_same_with_more_vat_in_it(renter, vehicle, hand):
    booking = held(renter, vehicle)
    hand.shift(timedelta(minutes=12))
    pay(booking)
    booking.refresh_from_db()
    (line,) = collected_lines(booking, booking.quote)

    assert (booking.quote.total_amount, booking.quote.vat_amount) == (600_000, 44_444)
    assert (line.gross, line.vat_bp, line.vat) == (600_000, 1000, 54_545)

    hand.move_to(booking.starts_at - timedelta(hours=18))
    assert cancel(booking, renter).fee == 300_000
    receipt = Receipt.objects.get()
    assert (receipt.total, receipt.vat) == (300_000, 27_273)
    assert ledger.balance(chart.VAT_OUTPUT) == 27_273


def test_a_kept_cancellation_fee_has_a_receipt_and_an_invoice(renter, vehicle, hand):
    booking = held(renter, vehicle)
    pay(booking)
    hand.move_to(booking.starts_at - timedelta(hours=18))

    cancel(booking, renter)
    cancel(booking, renter)
    outbox.run_all()

    receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.payer, receipt.reference) == (ReceiptKind.FEE, renter, booking.reference)
    assert [line["label"] for line in receipt.lines] == ["Phí hủy lượt đặt"]
    assert (receipt.total, receipt.net, receipt.vat) == (300_000, 277_778, 22_222)
    assert receipt.content["paid_by"][0]["amount"] == 300_000
    assert (ledger.balance(chart.REVENUE_FEES), ledger.balance(chart.VAT_OUTPUT)) == (277_778, 22_222)
    invoice = EInvoice.objects.get()
    assert (invoice.net, invoice.vat, invoice.reference) == (277_778, 22_222, booking.reference)


def test_a_renter_who_does_not_come_gets_a_receipt_for_the_first_day(renter, vehicle, hand):
    booking = held(renter, vehicle, hours=72)
    pay(booking)
    hand.move_to(booking.starts_at + timedelta(hours=3))

    mark_no_show(booking=booking, by=SUPERVISOR)

    receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.total, receipt.lines[0]["label"]) == (
        ReceiptKind.FEE, 600_000, "Phí không đến nhận xe",
    )  # fmt: skip


def test_a_cancellation_free_of_charge_has_no_receipt(renter, vehicle, hand):
    booking = held(renter, vehicle)
    pay(booking)

    cancel(booking, renter)

    assert not Receipt.objects.exists()


def test_if_the_law_says_that_a_kept_fee_is_no_sale_it_has_no_vat_and_no_invoice(renter, vehicle, hand):
    TaxRule.objects.filter(activity=Activity.CANCELLATION).update(vat_bp=None)
    booking = held(renter, vehicle)
    pay(booking)
    hand.move_to(booking.starts_at - timedelta(hours=18))

    cancel(booking, renter)
    outbox.run_all()

    receipt = Receipt.objects.get()
    assert (receipt.total, receipt.vat, receipt.lines[0]["vat_bp"]) == (300_000, 0, None)
    assert ledger.balance(chart.REVENUE_FEES) == 300_000
    assert not EInvoice.objects.exists()


@pytest.mark.parametrize(
    ("kept", "parts"),
    [
        (1_000_000, [(800, 600_000, 44_444), (1000, 400_000, 36_364)]),
        (500_000, [(800, 300_000, 22_222), (1000, 200_000, 18_182)]),
        (1, [(800, 1, 1)]),
    ],
)
def test_a_fee_out_of_money_of_two_rates_has_a_part_of_each(kept, parts):
    lines = [Line("rent_day", "rental", 600_000, 800), Line("rent_day", "rental", 400_000, 1000)]

    assert [tuple(part) for part in parts_of(kept, lines)] == parts


def test_a_promotion_larger_than_the_money_of_its_rate_is_no_part_of_its_own():
    lines = [
        Line("rent_day", "rental", 100_000, 800),
        Line("rent_day", "rental", 500_000, 1000),
        Line("promotion", "rental", -150_000, 800, {"vat": -13_000}),
    ]

    (part,) = parts_of(450_000, lines)

    assert part.vat == sum(line.vat for line in lines)


def test_bookings_that_were_never_paid_are_read_as_quoted(renter, vehicle):
    booking = held(renter, vehicle)

    assert collected_lines(Booking.objects.get(pk=booking.pk), booking.quote)[0].vat_bp == 800
