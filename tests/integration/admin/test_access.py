import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.kyc.enums import DocumentState
from accounts.users.models import User
from stations.network.models import StaffPost
from tests.factories.accounts import make_document, make_user
from tests.factories.stations import make_post, make_station, make_vehicle
from tests.integration.admin.conftest import browser_of
from voltgo.admin import NAVIGATION

INDEX = "/admin/"
PAGES = ("admin:index", "admin:stations_vehicle_changelist", "admin:rentals_booking_changelist")


@pytest.mark.parametrize("name", PAGES)
def test_somebody_not_signed_in_is_sent_to_the_sign_in(client: Client, name: str) -> None:
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


@pytest.mark.parametrize("name", PAGES)
def test_a_renter_does_not_get_in(client: Client, renter: User, name: str) -> None:
    response = browser_of(client, renter).get(reverse(name))

    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


def test_a_stations_supervisor_has_no_admin(client: Client, attendant: User) -> None:
    make_post(user=attendant, station=make_station(), role=StaffPost.Role.SUPERVISOR)

    response = browser_of(client, attendant).get(INDEX)

    assert response.status_code == 302


def test_a_step_needs_the_right_to_change_the_row(client: Client) -> None:
    vehicle = make_vehicle()
    onlooker = make_user(is_staff=True)
    url = reverse("admin:stations_vehicle_step", args=[vehicle.pk, "maintenance"])

    response = browser_of(client, onlooker).post(url, {"reason": "Thử"})

    assert response.status_code == 404
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


def test_an_unknown_step_and_an_unknown_row_are_not_found(at_work: Client) -> None:
    vehicle = make_vehicle()

    assert at_work.get(reverse("admin:stations_vehicle_step", args=[vehicle.pk, "fly"])).status_code == 404
    assert at_work.get(reverse("admin:stations_vehicle_step", args=[0, "retire"])).status_code in {302, 404}


# --- The reviewer -------------------------------------------------------------------------------------


def test_a_reviewer_sees_papers_and_people_and_nothing_else(client: Client, reviewer: User) -> None:
    make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)
    browser = browser_of(client, reviewer)

    home = browser.get(INDEX)
    html = home.content.decode()

    assert home.status_code == 200
    assert [task.duty.code for task in home.context["page"].tasks] == ["documents"]
    assert "Giấy tờ chờ duyệt" in html
    assert "Trạm lúc này" not in html
    assert "Doanh thu" not in html
    assert "/admin/stations/" not in html
    assert browser.get(reverse("admin:accounts_identitydocument_changelist")).status_code == 200
    assert browser.get(reverse("admin:stations_vehicle_changelist")).status_code == 403
    assert browser.get(reverse("admin:rentals_booking_changelist")).status_code == 403


def test_somebody_without_any_right_is_told_so(client: Client) -> None:
    browser = browser_of(client, make_user(is_staff=True))

    html = browser.get(INDEX).content.decode()

    assert "Tài khoản này chưa được giao việc nào." in html


# --- Finding the way ----------------------------------------------------------------------------------

# Model -> the page from which people get there.
REACHED_FROM_ANOTHER = {
    "accounts.DocumentImage": "its document",
    "accounts.FaceReference": "nobody needs to; they go with the pictures, from the person's own page",
    "rentals.FineEvidence": "its fine",
    "rentals.SyncAttachment": "its command",
    "rentals.SyncFileChunk": "nobody needs to; pieces go when their file is whole",
    "stations.TicketPhoto": "its ticket",
    "stations.TransferPhoto": "its transfer",
    "payments.StatementConfirmation": "its statement",
    "payments.ReceiptCounter": "nobody needs to; receipts have a list",
}


def test_every_model_stands_in_the_navigation() -> None:
    named = {entry.model for group in NAVIGATION for entry in group.entries}
    registered = {model._meta.label for model in apps.get_models() if admin.site.is_registered(model)}

    assert registered - named == REACHED_FROM_ANOTHER.keys()
    assert named <= registered


def test_links_carry_the_number_of_what_waits(at_work: Client) -> None:
    for _ in range(3):
        make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)

    groups = at_work.get(INDEX).context["sidebar_navigation"]
    badges = {item["title"]: item.get("badge") for group in groups for item in group["items"]}

    assert badges["Duyệt giấy tờ"] == 3
    assert badges["Quá hạn trả"] is None


def test_only_the_list_that_is_open_is_marked(at_work: Client) -> None:
    def marked(url: str) -> list[str]:
        groups = at_work.get(url).context["sidebar_navigation"]
        return [str(item["title"]) for group in groups for item in group["items"] if item["active"]]

    bookings = reverse("admin:rentals_booking_changelist")
    assert marked(INDEX) == ["Tổng quan"]
    assert marked(bookings) == ["Lượt đặt xe"]
    assert marked(f"{bookings}?due=today") == ["Cần giao hôm nay"]


def test_quick_search_finds_plates_codes_and_people(at_work: Client, renter: User) -> None:
    vehicle = make_vehicle(plate="51K-678.90")

    plate = at_work.get("/admin/search/", {"s": "678.90", "extended": "1"}).content.decode()
    person = at_work.get("/admin/search/", {"s": "minh anh", "extended": "1"}).content.decode()

    assert reverse("admin:stations_vehicle_change", args=[vehicle.pk]) in plate
    assert reverse("admin:accounts_user_change", args=[renter.pk]) in person
