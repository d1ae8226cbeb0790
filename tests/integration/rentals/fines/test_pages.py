import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.access.actors import renter_actor
from accounts.access.roles import FINANCE, OPERATOR, sync_groups
from payments.intents.models import PaymentIntent
from rentals.fines import services
from rentals.fines.models import TrafficFine
from tests.factories.accounts import make_user
from tests.integration.rentals.fines.conftest import a_list, told
from tests.reading import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def fine(rental, operator) -> TrafficFine:
    return told(rental, operator)


@pytest.fixture
def mine(client: Client, renter) -> Client:
    client.force_login(renter)
    return client


def url(name: str, fine: TrafficFine, *more: object) -> str:
    return reverse(f"rentals:{name}", args=[fine.code, *more])


def test_the_renter_sees_what_happened_and_the_picture(mine, fine) -> None:
    text = mine.get(url("fine-detail", fine)).content.decode()
    assert "Vượt đèn đỏ" in text
    assert "1.000.000" in text
    picture = mine.get(url("fine-evidence", fine, fine.evidence.get().pk))
    assert b"".join(picture.streaming_content).startswith(b"\xff\xd8")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in picture.headers["Cache-Control"]
    assert "Vượt đèn đỏ" in mine.get(reverse("rentals:fine-list")).content.decode()


def test_a_stranger_finds_nothing_at_any_address(client, fine) -> None:
    client.force_login(make_user())
    picture = fine.evidence.get().pk
    assert client.get(url("fine-detail", fine)).status_code == 404
    assert client.get(url("fine-evidence", fine, picture)).status_code == 404
    assert client.post(url("fine-accept", fine)).status_code == 404
    assert client.post(url("fine-contest", fine), {"objection": "không phải tôi"}).status_code == 404
    fine.refresh_from_db()
    assert fine.state == "notified"


def test_what_the_renter_was_not_told_of_is_not_there(mine, rental, operator) -> None:
    services.import_fines(content=a_list(rental.vehicle.plate, rental.started_at), by=operator)
    assert mine.get(url("fine-detail", TrafficFine.objects.get())).status_code == 404


def test_accepting_leads_to_the_payment_and_ignores_a_posted_amount(mine, fine) -> None:
    answer = mine.post(url("fine-accept", fine), {"amount": "1"})
    intent = PaymentIntent.objects.get(purpose="fine")
    assert answer.headers["Location"] == intent.get_absolute_url()
    assert intent.amount == 1_000_000
    words = page(mine, intent.get_absolute_url())
    assert "Tiền phạt nguội 1.000.000 ₫" in words
    assert "Tiền thuê xe" not in words
    assert "thuế GTGT" not in words
    assert "Trả trước" in words
    assert "Còn lại để thanh toán" not in words


def test_an_objection_without_words_keeps_what_was_typed(mine, fine) -> None:
    answer = mine.post(url("fine-contest", fine), {"objection": "sai"})
    assert answer.status_code == 422
    assert "sai</textarea>" in answer.content.decode()
    fine.refresh_from_db()
    assert fine.state == "notified"


def test_an_objection_is_kept_and_shown(mine, fine) -> None:
    mine.post(url("fine-contest", fine), {"objection": "Lúc đó xe đang ở trạm sạc."})
    assert "Lúc đó xe đang ở trạm sạc." in mine.get(url("fine-detail", fine)).content.decode()


def test_a_second_answer_is_refused_in_words(mine, fine) -> None:
    services.contest_fine(fine=fine, objection="Không đúng giờ.", by=renter_actor(fine.payer))
    assert mine.post(url("fine-accept", fine)).status_code == 409


@pytest.mark.parametrize(("role", "status"), [(OPERATOR, 302), (FINANCE, 403)])
def test_who_works_on_fines_imports_a_list_in_the_admin(client, rental, role, status) -> None:
    worker = make_user(is_staff=True)
    worker.groups.add(sync_groups()[role])
    client.force_login(worker)
    address = reverse("admin:rentals_trafficfine_import")

    assert (address in client.get(reverse("admin:rentals_trafficfine_changelist")).content.decode()) is (
        status == 302
    )
    upload = SimpleUploadedFile("list.csv", a_list(rental.vehicle.plate, rental.started_at))
    assert client.post(address, {"list": upload}).status_code == status
    assert TrafficFine.objects.exists() is (status == 302)
