import re
from urllib.parse import quote as urlquote

import pytest
from django.core import mail
from django.urls import reverse

from accounts.access.actors import renter_actor, staff_actor
from accounts.kyc.eligibility import NotEligible
from accounts.kyc.enums import ViewPurpose
from accounts.kyc.image_links import image_url
from accounts.notifications.models import Delivery
from rentals.bookings.enums import CancelReason
from rentals.bookings.services import cancel_booking
from rentals.contracts.services import current_contract
from rentals.drivers.enums import DriverState
from rentals.drivers.errors import (
    DriverAlreadyInvited,
    DriverIsRenter,
    DriversClosed,
    InvitationOver,
    TooManyDrivers,
)
from rentals.drivers.models import AdditionalDriver
from rentals.drivers.services import (
    accept_invitation,
    decline_invitation,
    invite_driver,
    remove_driver,
)
from rentals.handovers.services import open_handover, record_papers
from tests.factories.accounts import make_document, make_renter, make_user
from voltgo.core import outbox


def invite(booking, email="ha@example.vn"):
    return invite_driver(booking=booking, email=email, by=renter_actor(booking.renter))


def accept(driver, user):
    return accept_invitation(driver=driver, user=user, by=renter_actor(user))


def drivers_in_contract(booking):
    contract = current_contract(booking)
    assert contract is not None
    return [driver["name"] for driver in contract.data["drivers"]]


# --- Inviting ------------------------------------------------------------------------------------------


def test_an_invitation_goes_to_the_address_whether_or_not_it_has_an_account(booking):
    invite(booking, "nobody@example.vn")
    outbox.run_all()

    letter = next(message for message in mail.outbox if message.to == ["nobody@example.vn"])
    assert "Nguyễn Minh Anh mời bạn lái cùng VinFast VF 6" in letter.subject
    assert re.search(r"/drive-along/LX-\w{10}/", str(letter.body))


def test_the_renter_cannot_be_a_driver_twice(booking):
    with pytest.raises(DriverIsRenter):
        invite(booking, "ANH@example.vn")

    assert not AdditionalDriver.objects.exists()


def test_one_address_is_asked_once(booking, invitation):
    with pytest.raises(DriverAlreadyInvited):
        invite(booking, "HA@example.vn")

    assert AdditionalDriver.objects.count() == 1


def test_two_others_may_drive_and_no_third(booking, invitation):
    invite(booking, "second@example.vn")

    with pytest.raises(TooManyDrivers):
        invite(booking, "third@example.vn")


def test_nobody_writes_to_a_whole_town_by_one_booking(booking, renter):
    for number in range(6):
        remove_driver(driver=invite(booking, f"person{number}@example.vn"), by=renter_actor(renter))

    with pytest.raises(TooManyDrivers):
        invite(booking, "one-more@example.vn")


def test_a_cancelled_booking_takes_no_drivers(booking, renter):
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    with pytest.raises(DriversClosed):
        invite(booking)


# --- Answering -----------------------------------------------------------------------------------------


def test_whoever_agrees_stands_in_the_contract_and_the_renter_is_told(booking, invitation, friend, renter):
    driver = accept(invitation, friend)

    assert driver.state == DriverState.ACCEPTED
    assert driver.eligibility["is_eligible"] is True
    assert drivers_in_contract(booking) == ["Trần Thu Hà"]
    assert Delivery.objects.get(kind="driver_answered").recipient == renter


def test_whoever_may_not_drive_this_vehicle_cannot_agree(booking):
    scooter_rider = make_renter(email="rider@example.vn", classes=("A1",))
    driver = invite(booking, "rider@example.vn")

    with pytest.raises(NotEligible) as refusal:
        accept(driver, scooter_rider)

    assert [reason.code for reason in refusal.value.reasons] == ["licence_class"]
    driver.refresh_from_db()
    assert (driver.state, driver.user) == (DriverState.INVITED, None)


def test_whoever_changes_their_mind_leaves_the_contract(booking, invitation, friend):
    accept(invitation, friend)

    decline_invitation(driver=invitation, user=friend, by=renter_actor(friend))

    assert drivers_in_contract(booking) == []


def test_an_invitation_that_was_taken_back_cannot_be_accepted(booking, invitation, friend, renter):
    remove_driver(driver=invitation, by=renter_actor(renter))

    with pytest.raises(InvitationOver):
        accept(invitation, friend)


def test_a_driver_who_is_removed_is_told(booking, invitation, friend, renter):
    accept(invitation, friend)
    remove_driver(driver=invitation, by=renter_actor(renter))
    outbox.run_all()

    assert drivers_in_contract(booking) == []
    assert any("không còn là người lái" in message.subject for message in mail.outbox)


# --- At the counter ------------------------------------------------------------------------------------


@pytest.fixture
def rental(booking, station, attendant):
    return open_handover(booking=booking, station=station, user=attendant, by=staff_actor(attendant))


def test_a_driver_whose_papers_were_seen_may_drive(booking, invitation, friend, station, attendant):
    accept(invitation, friend)
    by = staff_actor(attendant)
    rental = open_handover(booking=booking, station=station, user=attendant, by=by)

    record_papers(rental=rental, user=attendant, by=by, seen_drivers=[invitation.code])

    invitation.refresh_from_db()
    assert invitation.state == DriverState.ACCEPTED
    assert invitation.pickup_eligibility["is_eligible"] is True


def test_a_driver_who_did_not_come_may_not(booking, invitation, friend, station, attendant):
    accept(invitation, friend)
    by = staff_actor(attendant)
    rental = open_handover(booking=booking, station=station, user=attendant, by=by)

    record_papers(rental=rental, user=attendant, by=by)

    invitation.refresh_from_db()
    assert invitation.state == DriverState.REMOVED
    assert invitation.pickup_eligibility["is_eligible"] is True


def test_a_driver_who_lost_the_right_since_may_not(booking, invitation, friend, station, attendant):
    accept(invitation, friend)
    friend.documents.filter(kind="driving_licence").update(state="revoked")
    by = staff_actor(attendant)
    rental = open_handover(booking=booking, station=station, user=attendant, by=by)

    record_papers(rental=rental, user=attendant, by=by, seen_drivers=[invitation.code])

    invitation.refresh_from_db()
    assert invitation.state == DriverState.REMOVED
    assert [reason["code"] for reason in invitation.pickup_eligibility["reasons"]] == ["licence_rejected"]


def test_once_the_handover_has_begun_nobody_is_asked_any_more(booking, invitation, friend, rental):
    with pytest.raises(InvitationOver):
        accept(invitation, friend)
    booking.refresh_from_db()
    with pytest.raises(DriversClosed):
        invite(booking, "late@example.vn")


# --- Pages ---------------------------------------------------------------------------------------------


def test_the_renter_invites_on_a_page(client, booking, renter):
    client.force_login(renter)
    url = reverse("rentals:driver-invite", args=[booking.code])

    assert client.post(url, {"email": "ha@example.vn"}).status_code == 302

    page = client.get(url).content.decode()
    assert "ha@example.vn" in page
    assert "Chờ trả lời" in page


def test_a_refusal_stands_at_the_field_and_keeps_what_was_typed(client, booking, renter):
    client.force_login(renter)

    answer = client.post(reverse("rentals:driver-invite", args=[booking.code]), {"email": renter.email})

    assert answer.status_code == 422
    assert "Bạn đã là người lái của chuyến này" in answer.content.decode()
    assert f'value="{renter.email}"' in answer.content.decode()


def test_the_invited_person_answers_on_a_page(client, invitation, friend):
    client.force_login(friend)
    url = reverse("rentals:drive-along", args=[invitation.code])
    assert "Nguyễn Minh Anh mời bạn cùng lái" in client.get(url).content.decode()

    assert client.post(url, {"answer": "accept"}).status_code == 422
    assert client.post(url, {"answer": "accept", "agrees": "on"}).status_code == 302

    invitation.refresh_from_db()
    assert invitation.user == friend
    assert client.post(url, {"answer": "decline"}).status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == DriverState.DECLINED


def test_somebody_without_papers_is_told_what_is_missing(client, booking):
    newcomer = make_user(email="new@example.vn")
    driver = invite(booking, "new@example.vn")
    client.force_login(newcomer)
    url = reverse("rentals:drive-along", args=[driver.code])

    page = client.get(url).content.decode()

    assert "Chưa có giấy phép lái xe." in page
    # One way to them, however many are missing.
    assert page.count(f"/account/identity/?next={urlquote(url, safe='')}") == 1
    assert 'name="agrees"' not in page
    assert client.post(url, {"answer": "accept", "agrees": "on"}).status_code == 422
    driver.refresh_from_db()
    assert driver.state == DriverState.INVITED


def test_an_invitation_is_nobody_elses(client, invitation, stranger, renter):
    url = reverse("rentals:drive-along", args=[invitation.code])
    for person in (stranger, renter):
        client.force_login(person)
        assert client.get(url).status_code == 404
        assert client.post(url, {"answer": "accept", "agrees": "on"}).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302


def test_a_stranger_finds_no_drivers_of_anothers_booking(client, booking, invitation, stranger):
    client.force_login(stranger)

    assert client.get(reverse("rentals:driver-invite", args=[booking.code])).status_code == 404
    remove = reverse("rentals:driver-remove", args=[booking.code, invitation.code])
    assert client.post(remove).status_code == 404
    invitation.refresh_from_db()
    assert invitation.state == DriverState.INVITED


def test_the_counter_sees_who_drives_along_and_ticks_who_came(
    client, booking, invitation, friend, station, attendant
):
    friend.documents.filter(kind="selfie").update(state="auto_passed")
    accept(invitation, friend)
    open_handover(booking=booking, station=station, user=attendant, by=staff_actor(attendant))
    client.force_login(attendant)
    url = reverse("station:handover-papers", args=[booking.code])
    page = client.get(url).content.decode()
    assert "Người lái thêm: Trần Thu Hà" in page

    compared = ["citizen_card", "driving_licence", "face"]
    answer = client.post(url, {"compared": compared, "drivers": [invitation.code]})

    assert answer.status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == DriverState.ACCEPTED
    assert friend.documents.get(kind="selfie").state == "approved"


def test_a_driver_whose_face_is_in_doubt_may_not(booking, invitation, friend, station, attendant):
    accept(invitation, friend)
    friend.documents.filter(kind="selfie").update(state="needs_review")
    by = staff_actor(attendant)
    rental = open_handover(booking=booking, station=station, user=attendant, by=by)

    record_papers(rental=rental, user=attendant, by=by, seen_drivers=[invitation.code])

    invitation.refresh_from_db()
    assert invitation.state == DriverState.REMOVED


def test_the_counter_sees_the_papers_of_drivers_and_of_nobody_else(
    client, booking, invitation, friend, stranger, station, attendant
):
    friends = make_document(user=friend, kind="passport", with_images=True)
    strangers = make_document(user=stranger, kind="passport", with_images=True)
    accept(invitation, friend)
    open_handover(booking=booking, station=station, user=attendant, by=staff_actor(attendant))
    client.force_login(attendant)

    def look(document):
        address = reverse("station:handover-paper-image", args=[booking.code, document.pk, "front"])
        link = image_url(document, "front", attendant, ViewPurpose.COUNTER, address=address)
        return client.get(link).status_code

    assert (look(friends), look(strangers)) == (200, 404)
