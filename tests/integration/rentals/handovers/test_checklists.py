"""Inspections and the version of the list that they were begun with."""

import pytest

from accounts.access.actors import operator_actor
from rentals.contracts.handover import Words
from rentals.handovers import checklists, services
from rentals.handovers.errors import UnknownCode
from rentals.handovers.evidence import pickup_record, return_record
from rentals.handovers.models import Inspection, InspectionPhoto
from rentals.handovers.services.inspections import lacks_note, missing_steps
from stations.checklists import services as lists
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from stations.fleet.services import back_to_preparation, mark_ready
from tests.factories.accounts import photo_bytes, photo_upload
from tests.factories.handovers import (
    SMALL,
    handed_over,
    inspect,
    opened,
    pickup_of,
    presented,
    returned,
    sign_both,
)
from tests.integration.rentals.handovers.pages import codes, photos, text_of, url
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def publish(operator):
    """Publish the next version of a list, changed by a function."""

    def do(code, change):
        by = operator_actor(operator)
        source = ChecklistTemplate.objects.filter(code=code, state="published").latest("version")
        draft = lists.start_draft(source=source, by=by)
        change(draft)
        return lists.publish(template=draft, valid_from=clock.today(), by=by)

    return do


def add_point(code="doors", **fields):
    values = {"component": "outside", "words_vi": "Cửa đóng kín", "words_en": "Doors close"} | fields
    return lambda draft: ChecklistItem.objects.create(template=draft, code=code, **values)


def add_position(code="plate", **fields):
    values = {"words_vi": "Biển số", "words_en": "Number plate"} | fields
    return lambda draft: PhotoPosition.objects.create(template=draft, code=code, **values)


def checked_of(inspection, *more):
    return [item.code for item in checklists.items_of(inspection) if item.is_mandatory] + list(more)


# --- Which version ------------------------------------------------------------------------------------


def test_an_inspection_names_the_version_it_was_begun_with(booking, attendant, publish):
    version = publish("pickup-car", add_point())

    assert pickup_of(opened(booking=booking, attendant=attendant)).checklist == version


def test_an_inspection_goes_on_with_its_version_when_a_newer_one_is_published(
    booking, attendant, by, publish
):
    rental = opened(booking=booking, attendant=attendant)
    publish("pickup-car", add_point())
    inspection = pickup_of(rental)

    services.save_inspection(inspection=inspection, checked=codes(), by=by)

    assert inspection.checklist.version == 1
    assert "checklist" not in missing_steps(pickup_of(rental))
    with pytest.raises(UnknownCode):
        services.save_inspection(inspection=inspection, checked=["doors"], by=by)
    # Called again after a lost answer, or from another tablet: still the same.
    services.open_handover(booking=booking, station=booking.pickup_station, user=attendant, by=by)
    assert pickup_of(rental).checklist.version == 1


def test_a_tablet_that_was_offline_brings_the_version_it_asked_by(booking, attendant, by, publish):
    first = ChecklistTemplate.objects.get(code="pickup-car", version=1)
    publish("pickup-car", add_point())

    rental = services.open_handover(
        booking=booking, station=booking.pickup_station, user=attendant, by=by, checklist=first
    )

    assert pickup_of(rental).checklist == first


def test_a_list_for_one_model_is_what_its_vehicles_are_checked_by(booking, vehicle, attendant, operator):
    by = operator_actor(operator)
    source = ChecklistTemplate.objects.get(code="pickup-car")
    own = lists.start_draft(source=source, vehicle_model=vehicle.model, by=by)
    lists.publish(template=own, valid_from=clock.today(), by=by)

    assert pickup_of(opened(booking=booking, attendant=attendant)).checklist == own


def test_a_vehicle_is_made_ready_by_todays_list(vehicle, attendant, by, publish):
    back_to_preparation(vehicle=vehicle, reason="Bẩn", by=by)
    version = publish("preparation-car", add_point(is_mandatory=False))

    record = mark_ready(
        vehicle=vehicle,
        checked=[*codes(inspection="preparation"), "doors", "unheard-of"],
        battery_percent=90,
        user=attendant,
        by=by,
    )

    assert record.checklist == version
    assert record.checked == [*codes(inspection="preparation"), "doors"]


# --- What may be left out -----------------------------------------------------------------------------


def test_an_optional_point_and_position_may_be_left_out(booking, attendant, by, publish):
    publish("return-car", add_position(is_required=False))
    publish("pickup-car", add_point(is_mandatory=False))
    publish("pickup-car", add_position(is_required=False))
    rental = opened(booking=booking, attendant=attendant)
    inspection = pickup_of(rental)
    services.record_papers(rental=rental, user=attendant, by=by)
    services.save_inspection(
        inspection=inspection, checked=checked_of(inspection), odometer_km=12_000, battery_percent=90, by=by
    )
    for position in photos():
        services.add_photo(inspection=inspection, position=position, upload=photo_bytes(*SMALL), by=by)

    assert missing_steps(pickup_of(rental)) == []
    services.complete_pickup_inspection(rental=rental, by=by)
    record = pickup_record(booking)
    assert record is not None
    assert Words(vi="Cửa đóng kín", en="Doors close") not in record["checked"]
    assert len(record["photos"]) == 6


def test_a_new_mandatory_point_and_position_are_asked_for(booking, attendant, by, publish):
    publish("return-car", add_position())
    publish("pickup-car", add_point())
    publish("pickup-car", add_position())
    rental = opened(booking=booking, attendant=attendant)
    inspection = pickup_of(rental)
    services.save_inspection(
        inspection=inspection, checked=codes(), odometer_km=12_000, battery_percent=90, by=by
    )
    for position in photos():
        services.add_photo(inspection=inspection, position=position, upload=photo_bytes(*SMALL), by=by)

    assert missing_steps(pickup_of(rental)) == ["checklist", "photos"]
    services.save_inspection(inspection=inspection, checked=[*codes(), "doors"], by=by)
    services.add_photo(inspection=inspection, position="plate", upload=photo_bytes(*SMALL), by=by)
    assert missing_steps(pickup_of(rental)) == []


def test_only_what_is_mandatory_needs_a_word_at_return(booking, attendant, by, publish):
    publish("return-car", add_point(is_mandatory=False))
    inspection = presented(handed_over(booking=booking, attendant=attendant), attendant)
    services.save_inspection(inspection=inspection, checked=checked_of(inspection), by=by)
    assert not lacks_note(inspection)

    services.save_inspection(inspection=inspection, checked=checked_of(inspection)[1:], by=by)
    assert lacks_note(inspection)


# --- What was found -----------------------------------------------------------------------------------


def test_a_record_says_what_the_words_were_when_it_was_made(booking, attendant, publish):
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant)
    services.complete_pickup_inspection(rental=rental, by=operator_actor(attendant))
    before = pickup_record(booking)

    def rewrite(draft):
        draft.items.filter(code="papers").update(words_vi="Giấy tờ trong hộc", words_en="Papers in the box")
        draft.photos.filter(code="front").update(words_vi="Đầu xe", words_en="Nose")

    publish("pickup-car", rewrite)

    assert pickup_record(booking) == before
    assert before is not None
    assert before["photos"][0]["vi"] == "Phía trước"


def test_an_inspection_from_before_lists_were_rows_says_the_same(booking, attendant):
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant)
    services.complete_pickup_inspection(rental=rental, by=operator_actor(attendant))
    before = pickup_record(booking)

    Inspection.objects.update(checklist=None)

    assert pickup_record(booking) == before
    assert missing_steps(pickup_of(rental)) == []


def test_a_code_that_its_list_does_not_have_still_has_words(booking, attendant, publish):
    publish("pickup-scooter", add_point("stand", words_vi="Chân chống tốt", words_en="Stand is good"))
    rental = opened(booking=booking, attendant=attendant)
    inspection = pickup_of(rental)
    inspection.checked = ["papers", "stand", "never"]

    words = [words.en for words in checklists.words_of_codes(inspection, inspection.checked)]

    assert words == ["Vehicle papers are in the vehicle", "Stand is good", "never"]


def test_a_picture_without_its_pair_still_stands_in_the_record(booking, attendant, by, publish):
    rental = handed_over(booking=booking, attendant=attendant)
    publish("return-car", add_position(is_required=False))
    settlement = returned(rental, attendant)
    pickup = pickup_of(rental)
    InspectionPhoto.objects.create(inspection=pickup, position="roof", file="x.jpg", sha256="1" * 64)

    record = return_record(settlement, _silent)
    assert record is not None
    pairs = {pair["en"]: (bool(pair["before"]), bool(pair["after"])) for pair in record["photos"]}

    assert list(pairs) == ["Front", "Rear", "Left", "Right", "Inside", "Dashboard", "Number plate", "roof"]
    assert (pairs["Front"], pairs["Number plate"], pairs["roof"]) == (
        (True, True),
        (False, True),
        (True, False),
    )


def _silent(_line):
    return "lapsed"


# --- Pages --------------------------------------------------------------------------------------------


def test_the_pages_show_optional_points_hints_and_outlines(tablet, booking, attendant, publish):
    publish("return-car", add_position(is_required=False))
    publish(
        "pickup-car", add_point(is_mandatory=False, hint_vi="Nhìn đèn cửa.", hint_en="Look at the light.")
    )
    publish("pickup-car", add_position(is_required=False))
    opened(booking=booking, attendant=attendant)

    checklist = text_of(tablet.get(url("handover-checklist", booking.code)))
    tiles = text_of(tablet.get(url("handover-photos", booking.code)))

    assert 'Cửa đóng kín <span class="optional">(không bắt buộc)</span>' in checklist
    assert "Nhìn đèn cửa." in checklist
    assert "Chỉ cho khách chỗ cất và cách cắm." in checklist
    assert checklist.count('role="group"') == 6
    assert tiles.count("img/outlines/car-") == 6
    assert tiles.count("Không bắt buộc") == 1
    assert tablet.post(url("handover-checklist", booking.code), {"checked": codes()}).status_code == 302
    assert tablet.post(url("handover-photos", booking.code), photos()).status_code == 302
    assert tablet.get(url("handover-photos", booking.code)).content.count(b"img/outlines/") == 0


def test_a_return_shows_before_beside_now_and_old_marks_behind_new_ones(tablet, booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    services.add_damage(
        inspection=inspect(rental, attendant), part="hood", kind="scratch", x=250, y=500, by=by
    )
    services.complete_pickup_inspection(rental=rental, by=by)
    sign_both(rental, attendant)
    services.hand_over_keys(rental=rental, by=by)
    back = services.open_return(rental=rental, station=rental.return_station, user=attendant, by=by)
    services.add_photo(inspection=back, position="front", upload=photo_upload(), by=by)
    services.add_damage(inspection=back, part="trunk", kind="dent", x=800, y=500, by=by)

    tiles = text_of(tablet.get(url("return-photos", booking.code)))
    damage = text_of(tablet.get(url("return-damage", booking.code)))

    known = '<g class="pin pin-known"><circle cx="100.0" cy="100.0" r="9"/>'
    assert tiles.count(known) == 1
    assert (tiles.count("khi giao xe"), tiles.count("img/outlines/")) == (6, 5)
    # Once to look at, once to mark on.
    assert damage.count(known) == damage.count('<g class="pin"><circle cx="320.0" cy="100.0" r="9"/>') == 2
    assert (damage.count("khi giao xe"), damage.count("khi trả xe")) == (6, 1)
    assert damage.count("Chưa chụp") == 5


def test_a_list_comes_with_its_inspection_and_costs_no_query_of_its_own(
    tablet, booking, attendant, publish, django_assert_num_queries
):
    publish("pickup-car", add_point())
    opened(booking=booking, attendant=attendant)
    tablet.get(url("handover-checklist", booking.code))
    with django_assert_num_queries(10):
        tablet.get(url("handover-checklist", booking.code))
