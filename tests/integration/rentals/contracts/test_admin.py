from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.notifications.models import Delivery
from accounts.users.models import User
from rentals.contracts.models import Contract
from voltgo.core import outbox
from voltgo.core.audit.models import AuditEvent

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def desk(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def step_url(contract: Contract, name: str) -> str:
    return reverse("admin:rentals_contract_step", args=[contract.pk, name])


def test_operators_find_a_contract_by_its_number(desk: Client, contract: Contract) -> None:
    page = desk.get(reverse("admin:rentals_contract_changelist"), {"q": contract.number})

    assert contract.number in page.content.decode()


def test_a_contract_shows_its_hashes_and_signatures_and_no_form(desk: Client, signed: Contract) -> None:
    page = desk.get(reverse("admin:rentals_contract_change", args=[signed.pk])).content.decode()

    assert signed.sha256 in page
    for signature in signed.signatures.all():
        assert signature.strokes_sha256 in page
    assert 'name="state"' not in page
    assert 'name="number"' not in page


def test_nobody_adds_or_deletes_a_contract(desk: Client, contract: Contract) -> None:
    assert desk.get(reverse("admin:rentals_contract_add")).status_code == 403
    assert desk.post(reverse("admin:rentals_contract_delete", args=[contract.pk])).status_code == 403
    assert Contract.objects.filter(pk=contract.pk).exists()


def test_rendering_again_restores_a_lost_file(desk: Client, rendered: Contract, operator: User) -> None:
    default_storage.delete(rendered.file.name or "")

    response = desk.post(step_url(rendered, "render-again"))

    rendered.refresh_from_db()
    assert response.status_code == 302
    assert default_storage.exists(rendered.file.name or "")
    event = AuditEvent.objects.get(action="contract.rendered_again")
    assert event.actor_ref == operator.public_id


def test_mailing_again_sends_the_signed_copy(desk: Client, signed: Contract) -> None:
    outbox.run_all()

    desk.post(step_url(signed, "send-again"))

    assert Delivery.objects.filter(kind="contract_signed").count() == 2


def test_mailing_again_is_not_offered_before_there_is_a_signed_copy(desk: Client, contract: Contract) -> None:
    page = desk.get(reverse("admin:rentals_contract_change", args=[contract.pk])).content.decode()

    assert step_url(contract, "render-again") in page
    assert step_url(contract, "send-again") not in page


def test_lists_read_a_fixed_number_of_times(
    desk: Client, contract: Contract, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        desk.get(reverse("admin:rentals_contract_changelist"))


def test_signatures_are_looked_at_only(desk: Client, signed: Contract) -> None:
    signature = signed.signatures.first()
    assert signature is not None

    page = desk.get(reverse("admin:rentals_contractsignature_change", args=[signature.pk])).content.decode()

    assert signature.document_sha256 in page
    assert desk.get(reverse("admin:rentals_contractsignature_add")).status_code == 403
