import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from rentals.contracts.models import Contract, ContractAddendum
from rentals.contracts.services import open_addendum, render_addendum
from tests.factories.handovers import handed_over
from tests.factories.pdfs import text_of
from tests.integration.rentals.changes.conftest import pay
from voltgo.core import outbox


def test_an_extension_of_a_signed_contract_is_an_addendum(rental, extend, quick_paper):
    asked = extend(rental, minutes=120)
    assert ContractAddendum.objects.count() == 0
    pay(asked)

    addendum = ContractAddendum.objects.get()
    contract = Contract.objects.get(booking=rental.booking)
    assert (contract.state, addendum.number) == ("signed", f"{contract.number}-PL1")
    assert addendum.data["before"]["total"] == 300_000
    assert addendum.data["after"]["total"] == 500_000
    assert addendum.data["due"] == 200_000
    assert addendum.accepted_at == asked.created_at


def test_two_extensions_are_two_addenda(rental, extend, quick_paper):
    pay(extend(rental, key="1"))
    rental.refresh_from_db()
    pay(extend(rental, key="2"))

    numbers = list(ContractAddendum.objects.order_by("position").values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == ["-PL1", "-PL2"]


def test_a_rendered_addendum_never_changes(rental, extend, quick_paper):
    pay(extend(rental))
    addendum = render_addendum(addendum=ContractAddendum.objects.get())

    with pytest.raises(IntegrityError), transaction.atomic():
        ContractAddendum.objects.filter(pk=addendum.pk).update(data={})
    with pytest.raises(IntegrityError), transaction.atomic():
        addendum.delete()


@pytest.mark.slow
def test_the_document_says_what_is_different(booking_today, attendant, extend, renter):
    rental = handed_over(booking=booking_today, attendant=attendant)
    pay(extend(rental, minutes=60))
    outbox.run_all()
    addendum = ContractAddendum.objects.get()

    words = text_of(open_addendum(addendum=addendum, user=renter))
    assert addendum.number in words
    assert "12:30, 24/11/2026" in words
    assert "400.000" in words
    assert render_addendum(addendum=addendum).sha256 == addendum.sha256


def test_the_renter_reads_it_and_a_stranger_does_not(rental, extend, renter, stranger, quick_paper):
    pay(extend(rental))
    outbox.run_all()
    addendum = ContractAddendum.objects.get()
    address = reverse("rentals:contract-addendum", args=[addendum.contract.number, 1])
    for person, status in ((renter, 200), (stranger, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == status
