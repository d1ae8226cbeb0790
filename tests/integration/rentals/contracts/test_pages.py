from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from rentals.contracts.content import content_sha256, short_code
from rentals.contracts.models import Contract
from rentals.contracts.services import void_contract
from tests.factories.accounts import make_user
from tests.factories.stations import make_post, make_station
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent

pytestmark = pytest.mark.usefixtures("quick_paper")

SignIn = Callable[[User], Client]


@pytest.fixture
def signed_in() -> SignIn:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def detail_url(contract: Contract) -> str:
    return reverse("rentals:contract-detail", args=[contract.number])


def pdf_url(contract: Contract, query: str = "") -> str:
    return reverse("rentals:contract-pdf", args=[contract.number]) + query


def verify_url(number: str) -> str:
    return reverse("rentals:contract-verify", args=[number])


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# --- Who reaches what ----------------------------------------------------------------------------------


@pytest.fixture
def people(
    renter: User,
    stranger: User,
    attendant: User,
    other_attendant: User,
    operator: User,
    reviewer: User,
) -> dict[str, User]:
    make_post(user=other_attendant, station=make_station())
    return {
        "the renter": renter,
        "another renter": stranger,
        "staff of the station": attendant,
        "staff of another station": other_attendant,
        "an operator": operator,
        "a reviewer of papers": reviewer,
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("the renter", 200),
        ("another renter", 404),
        ("staff of the station", 200),
        ("staff of another station", 404),
        ("an operator", 200),
        ("a reviewer of papers", 404),
    ],
)
def test_who_reaches_a_contract_and_its_file(
    rendered: Contract, people: dict[str, User], signed_in: SignIn, who: str, status: int
) -> None:
    client = signed_in(people[who])

    assert client.get(detail_url(rendered)).status_code == status
    assert client.get(pdf_url(rendered)).status_code == status
    assert client.get(verify_url(rendered.number)).status_code == 200


def test_people_who_have_not_signed_in_are_asked_to(contract: Contract, client: Client) -> None:
    for url in (detail_url(contract), pdf_url(contract)):
        response = client.get(url)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("account_login"))


def test_staff_who_have_left_the_station_reach_it_no_more(
    rendered: Contract, attendant: User, signed_in: SignIn
) -> None:
    attendant.staff_posts.update(ended_at=clock.now())

    assert signed_in(attendant).get(pdf_url(rendered)).status_code == 404


def test_staff_of_the_return_station_reach_it(rendered: Contract, signed_in: SignIn) -> None:
    other = make_station()
    rendered.booking.return_station = other
    rendered.booking.save(update_fields=["return_station"])
    user = make_user()
    make_post(user=user, station=other)

    assert signed_in(user).get(pdf_url(rendered)).status_code == 200


def test_a_number_that_does_not_exist_looks_like_a_strangers(renter: User, signed_in: SignIn) -> None:
    assert signed_in(renter).get(reverse("rentals:contract-pdf", args=["HD-NOBODY-1"])).status_code == 404


def test_a_look_by_anybody_but_the_renter_is_on_record(
    rendered: Contract, renter: User, attendant: User, signed_in: SignIn
) -> None:
    signed_in(renter).get(pdf_url(rendered))
    assert not AuditEvent.objects.filter(action="contract.read").exists()

    signed_in(attendant).get(pdf_url(rendered))
    event = AuditEvent.objects.get(action="contract.read")
    assert (event.subject, event.actor_ref) == (f"contract:{rendered.number}", attendant.public_id)


# --- The file ------------------------------------------------------------------------------------------


def test_the_file_is_shown_and_never_kept_by_anybody_between(
    rendered: Contract, renter: User, signed_in: SignIn
) -> None:
    response = signed_in(renter).get(pdf_url(rendered))

    assert body_of(response).startswith(b"%PDF-1.7")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == f'inline; filename="{rendered.number}.pdf"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    # The site's own policy would leave Chromium's viewer blank.
    assert response.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))


def test_the_file_can_be_saved(rendered: Contract, renter: User, signed_in: SignIn) -> None:
    response = signed_in(renter).get(pdf_url(rendered, "?save"))

    assert response.headers["Content-Disposition"] == f'attachment; filename="{rendered.number}.pdf"'


def test_the_signed_copy_comes_first_and_the_version_before_can_be_asked_for(
    signed: Contract, renter: User, signed_in: SignIn
) -> None:
    outbox.run_all()
    signed.refresh_from_db()
    client = signed_in(renter)

    with default_storage.open(signed.signed_file.name or "") as file:
        assert body_of(client.get(pdf_url(signed))) == file.read()
    with default_storage.open(signed.file.name or "") as file:
        assert body_of(client.get(pdf_url(signed, "?copy=unsigned"))) == file.read()


def test_a_contract_that_no_worker_has_come_to_is_made_when_it_is_asked_for(
    contract: Contract, renter: User, signed_in: SignIn
) -> None:
    assert body_of(signed_in(renter).get(pdf_url(contract))).startswith(b"%PDF-1.7")


def test_a_damaged_file_is_not_sent(rendered: Contract, renter: User, signed_in: SignIn) -> None:
    default_storage.delete(rendered.file.name or "")

    response = signed_in(renter).get(pdf_url(rendered))

    assert response.status_code == 500
    assert "không còn nguyên vẹn" in response.content.decode()


def test_a_version_voided_before_it_was_made_has_no_file(
    contract: Contract, renter: User, signed_in: SignIn
) -> None:
    void_contract(booking=contract.booking, by=SYSTEM, reason="test")

    assert signed_in(renter).get(pdf_url(contract)).status_code == 409


# --- The summary -----------------------------------------------------------------------------------------


def test_the_summary_says_six_things(contract: Contract, renter: User, signed_in: SignIn) -> None:
    page = signed_in(renter).get(detail_url(contract)).content.decode()

    for expected in (
        "Xe và thời gian",
        "VinFast VF 6",
        "51K-123.45",
        "08:30 → 18:30 T3 24/11/2026",
        "Tiền thuê",
        "600.000\u00a0₫",
        "Tiền cọc",
        "3.000.000\u00a0₫",
        "Quãng đường và pin",
        "125\u00a0km",
        "Trả trễ",
        "29 phút",
        "Hư hại và khiếu nại",
        "48 giờ",
        short_code(content_sha256(contract)),
    ):
        assert expected in page


def test_the_summary_shows_no_personal_number(contract: Contract, renter: User, signed_in: SignIn) -> None:
    page = signed_in(renter).get(detail_url(contract)).content.decode()

    assert renter.documents.get(kind="citizen_card").number not in page


def test_the_summary_reads_little(
    rendered: Contract, renter: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(renter)
    with django_assert_max_num_queries(8):
        client.get(detail_url(rendered))


# --- The public check ------------------------------------------------------------------------------------


def test_anybody_can_check_a_number_without_learning_anything_about_people(
    signed: Contract, client: Client, renter: User
) -> None:
    outbox.run_all()
    signed.refresh_from_db()

    response = client.get(verify_url(signed.number))

    page = response.content.decode()
    assert response.status_code == 200
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "đã được hai bên ký" in page
    for code in (content_sha256(signed), signed.sha256, signed.signed_sha256):
        assert short_code(code) in page
        assert code not in page
    for private in (
        renter.full_name,
        renter.email,
        renter.phone,
        "51K-123.45",
        "VF 6",
        signed.booking.code,
        "Bến Thành",
    ):
        assert private not in page


def test_a_voided_contract_is_called_so(contract: Contract, client: Client) -> None:
    void_contract(booking=contract.booking, by=SYSTEM, reason="test")

    assert "không còn giá trị" in client.get(verify_url(contract.number)).content.decode()


def test_an_unknown_number_is_said_to_be_unknown(client: Client) -> None:
    response = client.get(verify_url("HD-NOBODY-1"))

    assert response.status_code == 404
    assert "không có hợp đồng nào mang số này" in response.content.decode()


@pytest.mark.parametrize("name", ["contract-detail", "contract-pdf", "contract-verify"])
def test_the_pages_are_only_read(contract: Contract, renter: User, signed_in: SignIn, name: str) -> None:
    url = reverse(f"rentals:{name}", args=[contract.number])

    assert signed_in(renter).post(url).status_code == 405
