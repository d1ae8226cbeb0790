import hashlib
import os
import subprocess
import sys
from email.utils import parseaddr
from pathlib import Path, PurePosixPath

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.kyc.models import IdentityDocument
from accounts.notifications.models import Delivery
from rentals.contracts import documents
from rentals.contracts.content import content_json
from rentals.contracts.enums import CONTRACT, ContractState
from rentals.contracts.errors import CannotRestore, ContractNotReady, DocumentDamaged
from rentals.contracts.models import Contract
from rentals.contracts.services import (
    ensure_rendered,
    open_document,
    render_again,
    render_contract,
    render_signed_copy,
    send_again,
    void_contract,
)
from tests.factories.pdfs import text_of
from voltgo.core import crypto, outbox, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit.models import AuditEvent
from voltgo.core.models import OutboxMessage

RENDER_ELSEWHERE = """
import django, pathlib, sys
from datetime import datetime
django.setup()
from voltgo.core import pdf
html, data = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[4]).read_bytes()
document = pdf.render(
    html,
    identifier=sys.argv[2],
    created_at=datetime.fromisoformat(sys.argv[3]),
    attached=[pdf.Attached("contract.json", data, sys.argv[5])],
)
print(document.sha256)
"""


def files_of(contract: Contract) -> list[str]:
    folder = f"contracts/{contract.booking.code}"
    return sorted(f"{folder}/{name}" for name in default_storage.listdir(folder)[1])


def overwrite(name: str | None, content: bytes) -> None:
    default_storage.delete(name or "")
    assert default_storage.save(name or "", ContentFile(content)) == name


def stored(name: str | None) -> bytes:
    with default_storage.open(name or "", "rb") as file:
        content: bytes = file.read()
    return content


def test_a_contract_rendered_twice_is_one_file_with_one_hash(contract: Contract) -> None:
    first = render_contract(contract=contract)
    again = render_contract(contract=contract)
    outbox.run_all()

    assert files_of(contract) == [first.file.name]
    assert (first.file.name, first.sha256) == (again.file.name, again.sha256)
    assert hashlib.sha256(stored(first.file.name)).hexdigest() == first.sha256
    assert [event.target for event in states.events_of(CONTRACT, contract)] == ["draft", "rendered"]


def test_the_files_name_carries_the_beginning_of_its_hash(contract: Contract) -> None:
    contract = render_contract(contract=contract)

    assert PurePosixPath(contract.file.name or "").name == f"{contract.number}.{contract.sha256[:16]}.pdf"


def test_the_job_renders_what_the_confirmation_promised(contract: Contract) -> None:
    assert outbox.run(OutboxMessage.objects.get(topic="contracts.render").pk)

    contract.refresh_from_db()
    assert contract.state == ContractState.RENDERED
    assert stored(contract.file.name).startswith(b"%PDF-1.7")


def test_another_process_makes_the_same_bytes(contract: Contract, tmp_path: Path) -> None:
    page, data = tmp_path / "contract.html", tmp_path / "contract.json"
    page.write_text(documents.page_of(contract, documents.context_of(contract, [])))
    data.write_bytes(content_json(contract))

    there = subprocess.run(
        [
            sys.executable,
            "-c",
            RENDER_ELSEWHERE,
            page,
            f"{contract.number}/0",
            contract.created_at.isoformat(),
            data,
            documents.CARRIED,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "voltgo.settings"},
    )

    assert there.returncode == 0, there.stderr
    assert there.stdout.split()[-1] == documents.compose(contract).sha256


def test_the_reading_of_the_renters_number_is_on_record(contract: Contract) -> None:
    render_contract(contract=contract)

    event = AuditEvent.objects.get(action="document.number_read")
    assert (event.actor_kind, event.changes["purpose"]) == ("system", "contract")


def test_a_file_that_a_killed_job_left_whole_is_used(contract: Contract) -> None:
    document = documents.compose(contract)
    name = f"contracts/{contract.booking.code}/{contract.number}.{document.sha256[:16]}.pdf"
    default_storage.save(name, ContentFile(document.content))

    contract = render_contract(contract=contract)

    assert contract.file.name == name
    assert files_of(contract) == [name]


def test_a_file_that_a_killed_job_left_torn_is_replaced_and_removed(contract: Contract) -> None:
    document = documents.compose(contract)
    torn = f"contracts/{contract.booking.code}/{contract.number}.{document.sha256[:16]}.pdf"
    default_storage.save(torn, ContentFile(document.content[:1000]))

    contract = render_contract(contract=contract)

    assert stored(contract.file.name) == document.content
    assert files_of(contract) == [contract.file.name]


def test_a_version_voided_during_its_rendering_leaves_no_file(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = documents.compose

    def void_meanwhile(row: Contract):
        void_contract(booking=row.booking, by=SYSTEM, reason="meanwhile")
        return compose(row)

    monkeypatch.setattr(documents, "compose", void_meanwhile)
    assert render_contract(contract=contract).state == ContractState.VOIDED

    assert files_of(contract) == []


def test_the_counter_cannot_wait_for_a_voided_version(contract: Contract) -> None:
    void_contract(booking=contract.booking, by=SYSTEM, reason="test")

    with pytest.raises(ContractNotReady):
        ensure_rendered(contract)


def test_an_altered_file_is_not_given_out(rendered: Contract) -> None:
    content = bytearray(stored(rendered.file.name))
    content[2000] ^= 1
    overwrite(rendered.file.name, bytes(content))

    with pytest.raises(DocumentDamaged):
        open_document(contract=rendered, user=rendered.booking.renter, signed=True)


def test_a_lost_file_is_put_back_byte_for_byte(rendered: Contract, by: Actor) -> None:
    before = stored(rendered.file.name)
    default_storage.delete(rendered.file.name or "")

    restored = render_again(contract=rendered, by=by)

    assert stored(restored.file.name) == before
    assert files_of(rendered) == [restored.file.name]


def test_an_altered_file_is_replaced_by_the_true_one(rendered: Contract, by: Actor) -> None:
    before = stored(rendered.file.name)
    overwrite(rendered.file.name, b"%PDF-1.7 something else")

    restored = render_again(contract=rendered, by=by)

    assert stored(restored.file.name) == before
    assert files_of(rendered) == [restored.file.name]


def test_a_file_that_comes_out_differently_is_not_put_back(rendered: Contract, by: Actor) -> None:
    default_storage.delete(rendered.file.name or "")
    # The paper was read anew since; the contract names it, and would print another number now.
    card = IdentityDocument.objects.get(pk=rendered.data["renter"]["identity"]["document"])
    card.number_encrypted = crypto.encrypt("001095000001")
    card.save(update_fields=["number_encrypted"])

    with pytest.raises(CannotRestore):
        render_again(contract=rendered, by=by)
    assert files_of(rendered) == []


# --- The signed copy ------------------------------------------------------------------------------


def test_the_signed_copy_is_made_once_and_mailed_once(signed: Contract) -> None:
    outbox.run_all()
    outbox.run_all()
    render_signed_copy(contract=signed)

    signed.refresh_from_db()
    content = stored(signed.signed_file.name)
    assert hashlib.sha256(content).hexdigest() == signed.signed_sha256
    assert set(files_of(signed)) == {signed.file.name, signed.signed_file.name}
    letters = [letter for letter in mail.outbox if signed.number in letter.subject]
    assert [parseaddr(letter.to[0])[1] for letter in letters] == ["anh@example.vn"]
    assert [(name, body == content) for name, body, _kind in letters[0].attachments] == [
        (f"{signed.number}.pdf", True)
    ]


def test_the_document_that_was_signed_stays_as_it_was(rendered: Contract, signed: Contract) -> None:
    outbox.run_all()

    signed.refresh_from_db()
    assert (signed.file.name, signed.sha256) == (rendered.file.name, rendered.sha256)
    assert hashlib.sha256(stored(signed.file.name)).hexdigest() == rendered.sha256


def test_the_signed_copy_shows_record_and_evidence(signed: Contract) -> None:
    outbox.run_all()
    signed.refresh_from_db()

    text = text_of(stored(signed.signed_file.name))
    for expected in (
        "Phụ lục 1. Biên bản giao xe",
        "12.000\u00a0km",
        "90%",
        "Trang bằng chứng",
        "127.0.0.1",
        signed.sha256,
        *signed.signatures.values_list("strokes_sha256", flat=True),
        *(photo["sha256"] for photo in signed.handover["photos"]),
    ):
        assert expected in text


def test_the_mail_can_be_sent_once_more(signed: Contract, by: Actor) -> None:
    outbox.run_all()
    signed.refresh_from_db()

    send_again(contract=signed, by=by)

    assert Delivery.objects.filter(kind="contract_signed").count() == 2
    assert AuditEvent.objects.filter(action="contract.sent_again").count() == 1


def test_nothing_is_mailed_before_there_is_a_signed_copy(rendered: Contract, by: Actor) -> None:
    with pytest.raises(ContractNotReady):
        send_again(contract=rendered, by=by)
    assert not Delivery.objects.filter(kind="contract_signed").exists()
