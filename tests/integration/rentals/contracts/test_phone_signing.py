"""Signing on the renter's own telephone, and what the counter sees of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.confirmations.models import OneTimeCode
from accounts.users.models import User
from rentals.contracts import handover
from rentals.contracts.enums import ContractState, Signer, SigningMethod
from rentals.contracts.handover import record_of
from rentals.contracts.models import Contract, ContractEvent, ContractSignature
from rentals.contracts.services import ensure_rendered, render_signed_copy
from rentals.contracts.services.evidence import check_chain
from rentals.handovers.models import Rental
from tests.factories.handovers import STROKES, signature_image
from tests.factories.pdfs import text_of, without_spaces
from voltgo.core.templatetags.voltgo_ui import km

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.NOTIFY_SMS_BACKEND = "accounts.notifications.channels.files.FileProvider"
    settings.NOTIFY_FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def phone(renter: User) -> Client:
    client = Client(headers={"user-agent": PHONE}, REMOTE_ADDR="203.0.113.7")
    client.force_login(renter)
    return client


@pytest.fixture
def tablet(attendant: User) -> Client:
    client = Client()
    client.force_login(attendant)
    return client


@pytest.fixture
def waiting(rental: Rental, contract: Contract) -> Contract:
    """Inspected and rendered: it is time to sign."""
    return ensure_rendered(contract)


def url(contract: Contract) -> str:
    return reverse("rentals:contract-sign", args=[contract.number])


def counter_url(contract: Contract, name: str = "handover-contract") -> str:
    return reverse(f"station:{name}", args=[contract.booking.code])


def ask(client: Client, contract: Contract, **changes: Any) -> Any:
    values = {"act": "code", "agree": "on", "shown_sha256": contract.sha256} | changes
    return client.post(url(contract), {name: value for name, value in values.items() if value is not None})


def code_sent(folder: Path) -> str:
    line = (folder / "sms.jsonl").read_text().splitlines()[-1]
    match = re.search(r"\b\d{6}\b", json.loads(line)["text"])
    assert match
    return match.group()


def put_down(client: Client, contract: Contract, code: str, **changes: Any) -> Any:
    values = {
        "act": "sign",
        "shown_sha256": contract.sha256,
        "signature": signature_image(),
        "strokes": STROKES,
        "code": code,
    }
    return client.post(url(contract), values | changes)


def kinds(contract: Contract) -> list[str]:
    return [
        str(kind) for kind in ContractEvent.objects.filter(contract=contract).values_list("kind", flat=True)
    ]


# --- The way through -------------------------------------------------------------------------------------


def test_a_renter_agrees_gets_a_code_and_signs(waiting: Contract, phone: Client, folder: Path) -> None:
    assert phone.get(url(waiting)).status_code == 200
    assert ask(phone, waiting).status_code == 302
    assert "•••• " in phone.get(url(waiting)).content.decode()

    response = put_down(phone, waiting, code_sent(folder))

    assert (response.status_code, response.headers["Location"]) == (302, url(waiting))
    signature = ContractSignature.objects.get()
    assert (signature.signer, signature.method) == (Signer.RENTER, SigningMethod.DRAWN_WITH_CODE)
    assert (signature.ip_address, signature.device) == ("203.0.113.7", PHONE)
    assert signature.document_sha256 == waiting.sha256
    assert signature.code_sent_to.startswith("•••• ")
    assert len(signature.consent_sha256) == 64
    assert kinds(waiting) == [
        "created",
        "rendered",
        "viewed",
        "consented",
        "code_sent",
        "code_confirmed",
        "signed_renter",
    ]
    assert check_chain(waiting).is_whole
    assert "Bạn đã ký lúc" in phone.get(url(waiting)).content.decode()


def test_the_phone_shows_what_was_found_at_the_vehicle_too(waiting: Contract, phone: Client) -> None:
    record = record_of(waiting.booking)
    assert record is not None

    page = phone.get(url(waiting)).content.decode()

    assert "Xe lúc giao" in page
    assert km(record["odometer_km"]) in page
    assert "Không có vết hư hại nào được ghi." in page


def test_without_javascript_the_name_is_typed(waiting: Contract, phone: Client, folder: Path) -> None:
    ask(phone, waiting)

    put_down(phone, waiting, code_sent(folder), signature="", strokes="", typed_name="Nguyễn Minh Anh")

    assert ContractSignature.objects.get().method == SigningMethod.TYPED_WITH_CODE


def test_the_signed_document_prints_the_chain_and_carries_it(
    waiting: Contract, phone: Client, tablet: Client, folder: Path
) -> None:
    phone.get(url(waiting))
    ask(phone, waiting)
    put_down(phone, waiting, code_sent(folder))
    tablet.post(
        counter_url(waiting),
        {
            "on": "phone",
            "shown_sha256": waiting.sha256,
            "staff_signature": signature_image(),
            "staff_strokes": STROKES,
        },
    )

    contract = render_signed_copy(contract=waiting)

    assert contract.state == ContractState.SIGNED
    with contract.signed_file.open("rb") as file:
        text = without_spaces(text_of(file.read()))
    last = ContractEvent.objects.get(contract=contract, kind="signed_staff")
    sealed = ContractEvent.objects.get(contract=contract, kind="sealed")
    assert last.sha256 in text
    assert without_spaces("BẢN THỬ / DEV.") in text
    assert without_spaces("Mã gửi đến") in text
    assert without_spaces("không phải chữ ký số") in text
    assert sealed.document_sha256 == contract.signed_sha256
    assert sealed.previous_sha256 == last.sha256
    assert contract.seal["level"] == "PAdES-B-B"
    assert check_chain(contract).is_whole


# --- What is refused -------------------------------------------------------------------------------------


def test_nobody_gets_a_code_without_agreeing(waiting: Contract, phone: Client) -> None:
    response = ask(phone, waiting, agree=None)

    assert response.status_code == 422
    assert "Hãy đánh dấu đồng ý" in response.content.decode()
    assert not OneTimeCode.objects.exists()
    assert "consented" not in kinds(waiting)


def test_a_wrong_code_signs_nothing_and_is_evidence(waiting: Contract, phone: Client, folder: Path) -> None:
    ask(phone, waiting)
    wrong = f"{(int(code_sent(folder)) + 1) % 1_000_000:06d}"

    response = put_down(phone, waiting, wrong)

    assert response.status_code == 422
    assert "Bạn còn 4 lần thử" in response.content.decode()
    # The drawing comes back with the page.
    assert 'data-signature-strokes value="[' in response.content.decode()
    assert not ContractSignature.objects.exists()
    assert kinds(waiting)[-2:] == ["code_refused", "viewed"] or kinds(waiting)[-1] == "code_refused"


def test_a_signature_without_any_code_is_refused(waiting: Contract, phone: Client) -> None:
    response = put_down(phone, waiting, "")

    assert response.status_code == 422
    assert not ContractSignature.objects.exists()


def test_a_bad_drawing_costs_no_code(waiting: Contract, phone: Client, folder: Path) -> None:
    ask(phone, waiting)
    code = code_sent(folder)

    assert put_down(phone, waiting, code, strokes="[]").status_code == 422

    assert OneTimeCode.objects.get().attempts == 0
    assert put_down(phone, waiting, code).status_code == 302


def test_another_document_than_the_one_shown_is_not_signed(
    waiting: Contract, phone: Client, folder: Path
) -> None:
    ask(phone, waiting)
    code = code_sent(folder)

    for shown in ("0" * 64, ""):
        assert put_down(phone, waiting, code, shown_sha256=shown).status_code == 422
    assert not ContractSignature.objects.exists()
    assert OneTimeCode.objects.get().attempts == 0


def test_a_code_does_not_confirm_an_inspection_that_was_done_again(
    waiting: Contract, phone: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature freezes what was found at the vehicle: that is part of what the renter agrees to."""
    ask(phone, waiting)
    code = code_sent(folder)
    record = handover.record_of(waiting.booking)
    assert record is not None
    changed = record | {"odometer_km": record["odometer_km"] + 1_000}
    monkeypatch.setattr(handover, "_reader", lambda _booking: changed)

    assert put_down(phone, waiting, code).status_code == 422

    assert not ContractSignature.objects.exists()
    assert OneTimeCode.objects.get().used_at is None
    assert ask(phone, waiting).status_code == 302
    assert put_down(phone, waiting, code_sent(folder)).status_code == 302
    waiting.refresh_from_db()
    assert waiting.handover["odometer_km"] == changed["odometer_km"]


def test_before_the_inspection_nothing_can_be_signed(contract: Contract, phone: Client) -> None:
    contract = ensure_rendered(contract)

    assert "Chưa đến lúc ký" in phone.get(url(contract)).content.decode()
    assert ask(phone, contract).status_code == 422
    assert not OneTimeCode.objects.exists()
    assert "viewed" not in kinds(contract)


def test_the_page_is_the_renters_alone(
    waiting: Contract, stranger: User, tablet: Client, client: Client
) -> None:
    assert tablet.get(url(waiting)).status_code == 404
    client.force_login(stranger)
    assert client.get(url(waiting)).status_code == 404
    assert ask(client, waiting).status_code == 404
    assert Client().get(url(waiting)).status_code == 302


def test_sending_it_twice_is_one_signature(waiting: Contract, phone: Client, folder: Path) -> None:
    ask(phone, waiting)
    code = code_sent(folder)

    assert put_down(phone, waiting, code).status_code == 302
    assert put_down(phone, waiting, code).status_code == 302

    assert ContractSignature.objects.count() == 1
    assert kinds(waiting).count("signed_renter") == 1


# --- The counter -----------------------------------------------------------------------------------------


def test_the_counter_shows_the_code_to_scan_and_waits(waiting: Contract, tablet: Client) -> None:
    page = tablet.get(counter_url(waiting), {"on": "phone"}).content.decode()

    assert url(waiting) in page
    assert "<svg" in page
    assert 'name="renter_signature"' not in page
    assert tablet.get(counter_url(waiting, "handover-signed")).status_code == 204


def test_the_counter_sees_that_the_renter_has_signed(
    waiting: Contract, phone: Client, tablet: Client, folder: Path
) -> None:
    ask(phone, waiting)
    put_down(phone, waiting, code_sent(folder))

    response = tablet.get(counter_url(waiting, "handover-signed"))

    assert response.status_code == 200
    assert "Khách ký: Nguyễn Minh Anh" in response.content.decode()


def test_the_counter_goes_on_when_the_renter_signs_last(
    waiting: Contract, phone: Client, tablet: Client, folder: Path
) -> None:
    response = tablet.post(
        counter_url(waiting),
        {
            "on": "phone",
            "shown_sha256": waiting.sha256,
            "staff_signature": signature_image(),
            "staff_strokes": STROKES,
        },
    )
    assert response.headers["Location"] == f"{counter_url(waiting)}?on=phone"
    assert "Còn chờ khách" in tablet.get(response.headers["Location"]).content.decode()

    ask(phone, waiting)
    put_down(phone, waiting, code_sent(folder))

    waiting.refresh_from_db()
    assert waiting.state == ContractState.SIGNED
    answer = tablet.get(counter_url(waiting, "handover-signed"))
    assert answer.headers["HX-Redirect"] == counter_url(waiting, "handover-keys")


def test_after_half_a_shift_staff_give_their_password_again(
    waiting: Contract, attendant: User, tablet: Client, traveller: Any
) -> None:
    attendant.set_password("voltgo-demo-2026")
    attendant.save()
    tablet.force_login(attendant)
    traveller.shift(4 * 3600 + 60)
    drawn = {
        "on": "phone",
        "shown_sha256": waiting.sha256,
        "staff_signature": signature_image(),
        "staff_strokes": STROKES,
    }

    for password in ("", "another-password"):
        response = tablet.post(counter_url(waiting), drawn | {"password": password})
        assert response.status_code == 422
        assert not ContractSignature.objects.exists()
    assert "Mật khẩu của nhân viên ký" in tablet.get(counter_url(waiting)).content.decode()

    tablet.post(counter_url(waiting), drawn | {"password": "voltgo-demo-2026"})

    assert ContractSignature.objects.get().user == attendant
    assert "Mật khẩu của nhân viên ký" not in tablet.get(counter_url(waiting)).content.decode()
