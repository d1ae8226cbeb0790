import pytest
from django.urls import reverse

from accounts.access.actors import operator_actor, renter_actor
from rentals.contracts.models import Contract, ContractAddendum, ContractEvent
from rentals.handovers import services
from rentals.handovers.models import DamageMark
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import SMALL, accepted_on_the_glass, presented, returned
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


def mark(inspection, by, *, part="front_bumper", amount=500_000):
    return services.add_damage(
        inspection=inspection,
        part=part,
        kind="scratch",
        by=by,
        upload=photo_bytes(*SMALL),
        charge_amount=amount,
    )


@pytest.fixture
def damaged(rental, attendant, by):
    """Back with two marks that are charged, waiting for the renter's answer."""
    inspection = presented(rental, attendant)
    mark(inspection, by)
    mark(inspection, by, part="left_rear", amount=300_000)
    settlement = services.finish_return(rental=rental, by=by)
    rental.refresh_from_db()
    return settlement


def addenda():
    return {row.kind: row for row in ContractAddendum.objects.all()}


def test_an_accepted_return_is_recorded_with_readings_pictures_and_who_was_there(rental, attendant, renter):
    returned(rental, attendant)
    assert ContractAddendum.objects.count() == 0
    settlement = accepted_on_the_glass(rental, attendant)

    addendum = ContractAddendum.objects.get()
    record, answer = addendum.data["record"], addendum.data["answer"]
    assert (addendum.kind, addendum.reference) == ("return", f"return:{rental.booking.code}")
    assert (record["pickup_odometer_km"], record["odometer_km"]) == (12_000, 12_100)
    assert (record["pickup_battery_percent"], record["battery_percent"]) == (90, 60)
    assert (record["inspected_by"], record["renter"]) == (attendant.full_name, renter.full_name)
    assert len(record["photos"]) == 6
    assert all(len(photo["before"]) == len(photo["after"]) == 64 for photo in record["photos"])
    assert (record["damages"], record["not_in_order"]) == ([], [])
    settlement.refresh_from_db()
    assert (answer["code"], answer["content_sha256"]) == ("signature", settlement.content_sha256)
    assert answer["strokes_sha256"] == settlement.strokes_sha256
    assert addendum.accepted_at == settlement.accepted_at


def test_accepted_damage_is_recorded_mark_by_mark_with_its_pictures(rental, damaged, renter):
    services.accept_settlement(rental=rental, by=renter_actor(renter))

    damage = addenda()["damage"]
    first, second = damage.data["claims"]
    marks = list(DamageMark.objects.order_by("pk"))
    assert [first["sha256"], second["sha256"]] == [row.photo_sha256 for row in marks]
    assert [photo["vi"] for photo in first["before"]] == ["Phía trước"]
    assert [photo["vi"] for photo in second["before"]] == ["Bên trái"]
    assert [claim["answer_code"] for claim in (first, second)] == ["accepted", "accepted"]
    assert damage.data["total"] == 800_000
    assert damage.data["answer"]["code"] == "online"


def test_an_objection_is_in_the_return_record_and_its_end_in_the_damage_record(
    rental, damaged, renter, operator
):
    services.dispute_settlement(rental=rental, objection="Vết này có từ trước.", by=renter_actor(renter))
    record = addenda()["return"]
    assert (record.data["answer"]["code"], record.data["answer"]["objection"]) == (
        "objected",
        "Vết này có từ trước.",
    )
    assert record.accepted_at is None
    assert "damage" not in addenda()

    line = damaged.lines.get(gross_amount=500_000)
    services.resolve_dispute(
        rental=rental,
        waived=[line.position],
        resolution="Có trong ảnh khi giao.",
        by=operator_actor(operator),
    )

    damage = addenda()["damage"]
    assert [claim["answer_code"] for claim in damage.data["claims"]] == ["waived", "kept"]
    assert damage.data["total"] == 300_000
    assert damage.data["answer"]["resolution"] == "Có trong ảnh khi giao."
    assert ContractAddendum.objects.count() == 2


def test_claims_are_refused_one_by_one(rental, damaged, renter, operator):
    refused = damaged.lines.get(gross_amount=300_000)
    services.dispute_settlement(
        rental=rental, objection="Vết móp có từ trước.", refused=[refused.position], by=renter_actor(renter)
    )
    record = addenda()["return"].data["record"]
    assert [mark["answer"]["en"] for mark in record["damages"]] == ["accepted", "refused"]

    services.resolve_dispute(rental=rental, waived=[], resolution="Vết mới.", by=operator_actor(operator))

    claims = addenda()["damage"].data["claims"]
    assert [claim["answer_code"] for claim in claims] == ["accepted", "kept"]


def test_prepaid_rent_cannot_be_refused_here(rental, damaged, renter):
    prepaid = damaged.lines.filter(is_prepaid=True).first()
    services.dispute_settlement(
        rental=rental, objection="Giá thuê.", refused=[prepaid.position], by=renter_actor(renter)
    )

    assert set(damaged.lines.filter(is_refused=True)) == set(damaged.lines.filter(is_prepaid=False))


def test_the_renter_ticks_what_they_do_not_accept(rental, damaged, renter, client):
    client.force_login(renter)
    booking = rental.booking
    refused = damaged.lines.get(gross_amount=300_000)

    html = client.get(reverse("rentals:booking-detail", args=[booking.code])).content.decode()
    assert html.count('name="refused"') == damaged.lines.filter(is_prepaid=False).count()
    client.post(
        reverse("rentals:settlement-dispute", args=[booking.code]),
        {"objection": "Vết cũ.", "refused": [refused.position]},
    )

    assert list(damaged.lines.filter(is_refused=True)) == [refused]
    assert (
        "Bạn đã khiếu nại khoản này"
        in client.get(reverse("rentals:booking-detail", args=[booking.code])).content.decode()
    )


def test_silence_is_recorded_as_silence(rental, damaged, traveller):
    traveller.move_to(damaged.objection_until)
    assert services.close_undisputed() == 1

    assert {kind: row.data["answer"]["code"] for kind, row in addenda().items()} == {
        "return": "lapse",
        "damage": "lapse",
    }
    assert all(row.accepted_at is None for row in addenda().values())
    assert {claim["answer_code"] for claim in addenda()["damage"].data["claims"]} == {"lapsed"}


def test_each_addendum_is_a_link_of_the_contracts_evidence(rental, damaged, renter):
    services.accept_settlement(rental=rental, by=renter_actor(renter))

    contract = Contract.objects.get(booking=rental.booking)
    events = ContractEvent.objects.filter(contract=contract, kind="amended").order_by("position")
    assert [event.details["kind"] for event in events] == ["return", "damage"]
    assert all(len(event.details["content_sha256"]) == 64 for event in events)


def test_papers_that_fail_do_not_hold_up_the_money(rental, damaged, renter, monkeypatch):
    def fail(**_values):
        raise RuntimeError

    monkeypatch.setattr("rentals.contracts.services.amend_for_return", fail)
    settlement = services.accept_settlement(rental=rental, by=renter_actor(renter))

    assert settlement.accepted_at == clock.now()
    assert set(addenda()) == {"damage"}
