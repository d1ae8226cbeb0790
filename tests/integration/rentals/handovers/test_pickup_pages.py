import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.kyc.image_links import image_url
from accounts.kyc.models import IdentityDocument
from rentals.contracts.enums import ContractState
from rentals.contracts.services import current_contract, ensure_rendered
from rentals.handovers.enums import RentalState
from rentals.handovers.models import DamageMark, Inspection, InspectionPhoto, Rental
from stations.fleet.enums import Condition
from tests.factories.accounts import make_document, photo_upload
from tests.factories.handovers import (
    STROKES,
    inspect,
    opened,
    paid_booking,
    pickup_of,
    ready_to_sign,
    sign_both,
    signature_image,
)
from tests.factories.rentals import a_period
from tests.integration.rentals.handovers.pages import codes, photos, text_of, url
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent

pytestmark = pytest.mark.usefixtures("quick_paper")


def test_a_scanned_code_opens_the_handover(tablet, booking):
    answer = tablet.post(url("scan"), {"code": f"https://voltgo.vn/bookings/{booking.code}/"}, follow=True)
    assert answer.redirect_chain[-1][0] == url("handover-papers", booking.code)
    assert Rental.objects.get().booking == booking


def test_a_code_that_comes_too_early_says_from_when(tablet, renter, vehicle):
    early = paid_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(hours=2))
    )
    answer = tablet.post(url("scan"), {"code": early.code})
    assert answer.status_code == 409
    assert "Giao được từ 09:30 T3 24/11/2026" in text_of(answer)


def test_the_papers_are_shown_masked_and_each_look_is_recorded(tablet, booking, attendant, renter):
    IdentityDocument.objects.filter(user=renter, kind="citizen_card").update(state="superseded")
    card = make_document(user=renter, kind="citizen_card", with_images=True, number="079095123456")
    opened(booking=booking, attendant=attendant)

    page = text_of(tablet.get(url("handover-papers", booking.code)))
    assert "•••••••••456" in page
    assert "079095123456" not in page
    address = url("handover-paper-image", booking.code, card.pk, "front")
    assert f'src="{address}?key=' in page
    assert tablet.get(address).status_code == 404
    image = tablet.get(image_url(card, "front", attendant, "counter", address=address))
    assert (image.status_code, image["Cache-Control"]) == (200, "private, no-store")
    look = AuditEvent.objects.get(action="document.viewed")
    assert (look.actor_ref, look.changes["purpose"]) == (attendant.public_id, "counter")


def test_papers_are_closed_when_their_owner_has_left(
    tablet, rental, renter, attendant, other_tablet, other_attendant
):
    IdentityDocument.objects.filter(user=renter, kind="citizen_card").update(state="superseded")
    card = make_document(user=renter, kind="citizen_card", with_images=True)
    address = url("handover-paper-image", rental.booking.code, card.pk, "front")
    assert tablet.get(image_url(card, "front", attendant, "counter", address=address)).status_code == 404
    theirs = image_url(card, "front", other_attendant, "counter", address=address)
    assert other_tablet.get(theirs).status_code == 404
    assert not AuditEvent.objects.filter(action="document.viewed").exists()


def test_every_paper_and_the_face_must_be_ticked(tablet, booking, attendant):
    rental = opened(booking=booking, attendant=attendant)
    address = url("handover-papers", booking.code)
    answer = tablet.post(address, {"compared": ["citizen_card", "driving_licence"]})
    assert answer.status_code == 422
    ticked = re.findall(r'value="(\w+)" id="id_compared_\d"[^>]* checked', text_of(answer))
    assert ticked == ["citizen_card", "driving_licence"]
    rental.refresh_from_db()
    assert rental.papers_checked_at is None

    done = tablet.post(address, {"compared": ["citizen_card", "driving_licence", "face"]})
    assert done.url == url("handover-checklist", booking.code)


def test_who_may_not_drive_today_is_told_why(tablet, booking, attendant, renter):
    IdentityDocument.objects.filter(user=renter, kind="driving_licence").update(state="revoked")
    opened(booking=booking, attendant=attendant)
    page = text_of(tablet.get(url("handover-papers", booking.code)))
    assert "Giấy phép lái xe chưa được chấp nhận." in page
    answer = tablet.post(url("handover-papers", booking.code), {"compared": ["citizen_card", "face"]})
    assert answer.status_code == 422


def test_a_handover_is_done_without_javascript(tablet, booking, attendant, renter, vehicle):
    tablet.post(url("handover-open", booking.code))
    tablet.post(
        url("handover-papers", booking.code), {"compared": ["citizen_card", "driving_licence", "face"]}
    )
    step = tablet.post(url("handover-checklist", booking.code), {"checked": codes(), "note": ""})
    assert step.url == url("handover-photos", booking.code)
    step = tablet.post(step.url, photos())
    assert step.url == url("handover-readings", booking.code)
    step = tablet.post(step.url, {"odometer_km": 12_005, "battery_percent": 88})
    assert step.url == url("handover-damage", booking.code)
    tablet.post(step.url, {"pins": "[]", "pins_part": "hood", "kind": "scratch", "note": "5 cm"})
    step = tablet.post(url("handover-complete", booking.code))
    assert step.url == url("handover-contract", booking.code)
    contract = current_contract(booking)
    assert contract.state == ContractState.RENDERED
    step = tablet.post(
        step.url,
        {
            "shown_sha256": contract.sha256,
            "renter_name": renter.full_name,
            "staff_signature": signature_image(),
            "staff_strokes": STROKES,
        },
    )
    assert step.url == url("handover-keys", booking.code)
    done = tablet.post(step.url, {"sure": "on"}, follow=True)

    rental = Rental.objects.get()
    vehicle.refresh_from_db()
    assert (rental.state, vehicle.condition) == (RentalState.ACTIVE, Condition.ON_RENTAL)
    assert DamageMark.objects.get().part == "hood"
    assert "Đã giao xe" in text_of(done)


def test_a_handover_goes_on_where_it_was_left(tablet, booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    resume = url("handover-detail", booking.code)
    assert tablet.get(resume).url == url("handover-papers", booking.code)
    inspect(rental, attendant)
    assert tablet.get(resume).url == url("handover-damage", booking.code)
    Inspection.objects.update(odometer_km=None)
    assert tablet.get(resume).url == url("handover-readings", booking.code)
    assert "Đang giao dở" in text_of(tablet.get(url("board")))


def test_a_page_of_a_finished_step_leads_to_where_things_are(tablet, booking, attendant):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    assert tablet.get(url("handover-photos", booking.code)).url == url("handover-contract", booking.code)
    sign_both(rental, attendant)
    assert tablet.get(url("handover-detail", booking.code)).url == url("handover-keys", booking.code)


def test_an_item_that_is_not_in_order_stops_the_handover_and_keeps_the_ticks(tablet, booking, attendant):
    rental = opened(booking=booking, attendant=attendant)
    answer = tablet.post(
        url("handover-checklist", booking.code), {"checked": codes()[:-1], "note": "Gương lỏng"}
    )
    assert answer.status_code == 422
    assert "Gương lỏng" in text_of(answer)
    assert pickup_of(rental).checked == codes()[:-1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"odometer_km": 11_999, "battery_percent": 88}, "Số km không thể nhỏ hơn lần ghi trước."),
        ({"odometer_km": 120_000, "battery_percent": 88}, "Số km tăng quá nhiều so với lần ghi trước."),
        ({"odometer_km": 12_005, "battery_percent": 31}, "Pin chưa đủ mức tối thiểu để giao."),
        ({"odometer_km": "", "battery_percent": 31}, "Hãy ghi số km."),
    ],
)
def test_a_wrong_reading_is_said_at_its_field_and_stays_typed(tablet, booking, attendant, values, words):
    opened(booking=booking, attendant=attendant)
    answer = tablet.post(url("handover-readings", booking.code), values)
    page = text_of(answer)
    assert answer.status_code == 422
    assert words in page
    assert f'value="{values["battery_percent"]}"' in page


def test_one_bad_photo_does_not_lose_the_good_ones(tablet, booking, attendant):
    opened(booking=booking, attendant=attendant)
    bad = photos() | {"rear": SimpleUploadedFile("x.jpg", b"not a picture")}
    answer = tablet.post(url("handover-photos", booking.code), bad)
    assert answer.status_code == 422
    assert "Phía sau: Tệp không phải ảnh" in text_of(answer)
    assert set(InspectionPhoto.objects.values_list("position", flat=True)) == set(bad) - {"rear"}


def test_a_photo_sent_alone_answers_with_its_tile(tablet, booking, attendant):
    opened(booking=booking, attendant=attendant)
    answer = tablet.post(
        url("handover-photos", booking.code), {"front": photo_upload()}, headers={"HX-Request": "true"}
    )
    page = text_of(answer)
    assert answer.status_code == 200
    assert f'src="{url("inspection-photo", InspectionPhoto.objects.get().pk)}"' in page
    assert "<html" not in page


def test_missing_photos_are_named(tablet, booking, attendant):
    opened(booking=booking, attendant=attendant)
    answer = tablet.post(url("handover-photos", booking.code), {"front": photo_upload()})
    assert answer.status_code == 422
    assert "Phía sau: Chưa có ảnh này." in text_of(answer)
    assert InspectionPhoto.objects.count() == 1


def test_a_pin_on_the_drawing_becomes_a_mark(tablet, booking, attendant):
    opened(booking=booking, attendant=attendant)
    pins = '[{"x": 250, "y": 500, "part": "hood"}]'
    tablet.post(
        url("handover-damage", booking.code), {"pins": pins, "pins_part": "", "kind": "dent", "note": ""}
    )
    mark = DamageMark.objects.get()
    assert (mark.part, mark.x, mark.y) == ("hood", 250, 500)
    tablet.post(url("handover-damage-remove", booking.code, mark.pk))
    assert not DamageMark.objects.exists()


@pytest.mark.parametrize("pins", ["[]", "{", '[{"x": 1}]', '[{"part": "wing"}]', '"a"'])
def test_a_mark_without_a_part_is_asked_for_again(tablet, booking, attendant, pins):
    opened(booking=booking, attendant=attendant)
    answer = tablet.post(
        url("handover-damage", booking.code), {"pins": pins, "pins_part": "", "kind": "dent", "note": "Cửa"}
    )
    assert answer.status_code == 422
    assert 'value="Cửa"' in text_of(answer)
    assert not DamageMark.objects.exists()


def test_one_signature_is_kept_while_the_other_is_asked_for(tablet, booking, attendant):
    ready_to_sign(booking=booking, attendant=attendant)
    contract = current_contract(booking)
    assert contract is not None
    contract = ensure_rendered(contract)
    drawn = {
        "renter_signature": signature_image(),
        "renter_strokes": STROKES,
        "shown_sha256": contract.sha256,
    }
    answer = tablet.post(url("handover-contract", booking.code), drawn)
    assert answer.status_code == 422
    assert "Chưa có chữ ký" in text_of(answer)
    assert contract.signatures.get().signer == "renter"

    answer = tablet.post(
        url("handover-contract", booking.code),
        {"staff_signature": signature_image(), "staff_strokes": STROKES, "shown_sha256": contract.sha256},
    )
    assert answer.url == url("handover-keys", booking.code)


def test_keys_need_the_tick(tablet, booking, attendant):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    answer = tablet.post(url("handover-keys", booking.code), {})
    assert answer.status_code == 422
    rental.refresh_from_db()
    assert rental.state == RentalState.READY_TO_SIGN


def test_an_abort_shows_what_goes_back_and_asks_twice(tablet, booking, attendant):
    rental = opened(booking=booking, attendant=attendant)
    address = url("handover-abort", booking.code)
    page = text_of(tablet.get(address))
    assert "hoàn khách 3.600.000 ₫" in page
    answer = tablet.post(address, {"reason": "vehicle_unfit", "note": "Thủng lốp"})
    assert answer.status_code == 422
    assert "Thủng lốp" in text_of(answer)

    done = tablet.post(address, {"reason": "vehicle_unfit", "note": "Thủng lốp", "sure": "on"}, follow=True)
    rental.refresh_from_db()
    assert rental.state == RentalState.ABORTED
    assert "Không giao xe" in text_of(done)
