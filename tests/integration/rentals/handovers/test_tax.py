"""VAT of a settlement, on its receipt, in its invoice and in the ledger: the same to the dong."""

from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from payments.invoices import buyers
from payments.invoices.buyers import Buyer
from payments.invoices.einvoice_models import EInvoice
from payments.invoices.enums import Activity, BuyerKind
from payments.invoices.models import Receipt
from payments.invoices.tax_models import TaxRule
from payments.ledger import chart
from payments.ledger import selectors as ledger
from rentals.bookings.services import hold_booking
from rentals.handovers import services
from rentals.pricing.services import make_quote
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import (
    accepted_on_the_glass,
    handed_over,
    paid_booking,
    presented,
    return_of,
    returned,
)
from tests.factories.money import pay
from tests.factories.offers import make_promotion
from tests.factories.rentals import a_period, end_tax_rules
from voltgo.core import clock, outbox

pytestmark = pytest.mark.usefixtures("quick_paper")
DUE = timedelta(hours=10, minutes=30)


def damaged(rental, attendant, by, amount):
    presented(rental, attendant)
    services.add_damage(
        inspection=return_of(rental), part="hood", kind="dent", upload=photo_bytes(), charge_amount=amount, by=by
    )  # fmt: skip
    return returned(rental, attendant)


def test_damage_taken_from_the_deposit_is_receipted_without_vat_and_late_hours_with_it(
    rental, attendant, by, booking, traveller
):
    traveller.shift(DUE + timedelta(hours=3))
    damaged(rental, attendant, by, 700_000)
    accepted_on_the_glass(rental, attendant)
    outbox.run_all()

    receipt = Receipt.objects.get(reference=booking.reference)
    assert [(line["gross"], line["vat_bp"], line["vat"]) for line in receipt.lines] == [
        (600_000, 800, 44_444),
        (500_000, 800, 37_037),
        (700_000, None, 0),
    ]
    invoice = EInvoice.objects.get()
    assert [item["gross"] for item in invoice.content["items"]] == [600_000, 500_000]
    assert (invoice.total, invoice.vat) == (1_100_000, receipt.vat)
    assert ledger.balance(chart.VAT_OUTPUT) == receipt.vat == 81_481
    assert ledger.balance(chart.COMPENSATION_INCOME) == 700_000
    # The deposit stands on the receipt as what became of it, and is sold to nobody.
    assert receipt.content["deposit"]["captured"] == 1_200_000


def test_an_accountant_who_says_that_compensation_is_taxed_is_heard(
    rental, attendant, by, booking, traveller
):
    TaxRule.objects.filter(activity=Activity.COMPENSATION).update(vat_bp=800)
    traveller.shift(DUE)
    damaged(rental, attendant, by, 540_000)
    accepted_on_the_glass(rental, attendant)

    receipt = Receipt.objects.get(reference=booking.reference)
    assert [(line["vat_bp"], line["vat"]) for line in receipt.lines] == [(800, 44_444), (800, 40_000)]
    assert ledger.balance(chart.VAT_OUTPUT) == 84_444


def test_a_promotions_share_of_the_vat_is_the_same_on_paper_and_in_the_ledger(
    renter, vehicle, attendant, traveller
):
    make_promotion(percent=33)
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=7)
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, period=period, promotion_code="chao", renter=renter
    )
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="promo", by=renter_actor(renter))
    pay(booking)
    booking.refresh_from_db()
    rental = handed_over(booking=booking, attendant=attendant)
    traveller.shift(timedelta(hours=7, minutes=30))
    returned(rental, attendant, odometer_km=12_050)
    accepted_on_the_glass(rental, attendant)
    outbox.run_all()

    receipt = Receipt.objects.get(reference=booking.reference)
    assert receipt.total == quote.total_amount < 600_000
    assert receipt.vat == quote.vat_amount == ledger.balance(chart.VAT_OUTPUT) == EInvoice.objects.get().vat


def test_time_used_after_new_year_has_the_rate_of_the_new_year(renter, vehicle, attendant, traveller):
    end_tax_rules(clock.today(), then_bp=1000)
    booking = paid_booking(renter=renter, vehicle=vehicle)
    rental = handed_over(booking=booking, attendant=attendant)
    traveller.shift(timedelta(hours=24))
    returned(rental, attendant)
    accepted_on_the_glass(rental, attendant)

    lines = Receipt.objects.get(reference=booking.reference).lines
    assert lines[0]["vat_bp"] == 800
    assert {line["vat_bp"] for line in lines[1:]} == {1000}


def test_who_stands_on_the_invoice_is_frozen_when_the_rental_is_closed(
    rental, attendant, booking, renter, traveller
):
    company = Buyer(BuyerKind.COMPANY, "Công ty Bình Minh", "0100109106", "", "Hà Nội", "ke-toan@example.vn")
    buyers.save_buyer(user=renter, buyer=Buyer(BuyerKind.FOREIGNER, "Anna Schmidt", "", "C01X00T47"))
    buyers.save_buyer(user=renter, buyer=company, reference=booking.reference)
    traveller.shift(DUE)
    returned(rental, attendant)
    accepted_on_the_glass(rental, attendant)
    buyers.forget_buyer(user=renter, reference=booking.reference)
    outbox.run_all()

    receipt = Receipt.objects.get(reference=booking.reference)
    assert receipt.content["buyer"]["tax_code"] == "0100109106"
    assert EInvoice.objects.get().content["buyer"]["name"] == "Công ty Bình Minh"
    assert EInvoice.objects.get().tax_point == clock.today()
