"""Making the documents: each step may be killed at any point and run again.

The file is written first, under a name that contains its hash; then the row is moved by compare-and-swap.
The same contract gives the same bytes, so whoever runs again finds or writes the same file.
"""

from django.core.files.storage import default_storage
from django.db import transaction

from rentals.contracts import documents, files
from rentals.contracts.enums import CONTRACT, ContractEventKind, ContractState
from rentals.contracts.errors import CannotRestore, ContractNotReady, DocumentDamaged
from rentals.contracts.models import Contract
from rentals.contracts.selectors import jobs_of
from rentals.contracts.services.evidence import note
from rentals.contracts.services.sealing import TIMESTAMP_KEPT, SealedCopy, sealed_copy
from rentals.contracts.services.sending import send_signed
from voltgo.core import clock, outbox, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition
from voltgo.core.pdf import Document


def render_contract(*, contract: Contract) -> Contract:
    """Render a drafted contract, store the file and freeze its hash; do nothing if that is done.

    Opens no transaction around the rendering, which takes about half a second. Two workers at once do
    the work twice and keep one file.
    """
    contract = _fresh(contract)
    if contract.state != ContractState.DRAFT:
        return contract
    document = documents.compose(contract)
    name = files.keep(contract, document, signed=False)
    try:
        _freeze(contract, name, document)
    except IllegalTransition:
        # Another worker was faster, or the version was voided meanwhile.
        contract.refresh_from_db()
        _discard_unless(contract.file.name, name)
        return contract
    files.sweep(contract, signed=False)
    return contract


def ensure_rendered(contract: Contract) -> Contract:
    """Return the contract with its document, rendering here and now if no worker has come to it yet.

    For the counter, where two people stand and wait.

    Raises:
        ContractNotReady: this version was voided; ask for the booking's current contract.
    """
    contract = render_contract(contract=contract)
    if contract.state == ContractState.VOIDED:
        raise ContractNotReady(number=contract.number)
    return contract


def render_signed_copy(*, contract: Contract) -> Contract:
    """Render the signed document, seal it, store it, keep its hash and mail it to the renter.

    Once, however often called: of several sealed copies that killed or rival workers have made, the row takes one
    and the others are removed. Opens no transaction around rendering and sealing.

    Raises:
        CannotSeal: no seal could be had; the job tries again later.
    """
    contract = _fresh(contract)
    if contract.state != ContractState.SIGNED or contract.signed_sha256:
        return contract
    copy = sealed_copy(contract)
    name = files.keep(contract, copy.document, signed=True)
    if _attach_signed(contract, name, copy):
        files.sweep(contract, signed=True)
    contract.refresh_from_db()
    _discard_unless(contract.signed_file.name, name)
    return contract


def render_again(*, contract: Contract, by: Actor) -> Contract:
    """Do what is outstanding, and put back a file that is lost or damaged, if it comes out the same.

    Raises:
        CannotRestore: the rendering gives other bytes now (another library, template or seal key, or a
            timestamp that cannot be had twice); get the file from the backup instead.
    """
    contract = render_contract(contract=contract)
    if contract.sha256:
        _restore(contract, signed=False)
    contract = render_signed_copy(contract=contract)
    if contract.signed_sha256:
        _restore(contract, signed=True)
    audit.record("contract.rendered_again", f"contract:{contract.number}", by=by)
    return contract


@transaction.atomic
def revive_jobs(*, contract: Contract, by: Actor) -> int:
    """Give the jobs of a contract's documents that were given up another round of attempts; return how many."""
    dead = [job for job in jobs_of(contract) if job.dead_at]
    for job in dead:
        outbox.revive(job)
        audit.record("outbox.revived", f"outbox:{job.pk}", by=by)
    return len(dead)


def _fresh(contract: Contract) -> Contract:
    return Contract.objects.select_related("booking").get(pk=contract.pk)


@transaction.atomic
def _freeze(contract: Contract, name: str, document: Document) -> None:
    """Point the row to its document, and note that, if nobody was faster."""
    states.move(
        CONTRACT,
        contract,
        to=ContractState.RENDERED,
        by=SYSTEM,
        file=name,
        sha256=document.sha256,
        rendered_at=clock.now(),
    )
    note(contract, ContractEventKind.RENDERED, by=SYSTEM, document_sha256=document.sha256)


@transaction.atomic
def _attach_signed(contract: Contract, name: str, copy: SealedCopy) -> bool:
    """Point the row to the signed file, by compare-and-swap; the winner notes the seal and promises the mail."""
    sha256 = copy.document.sha256
    row = Contract.objects.filter(pk=contract.pk, signed_sha256="")
    if not row.update(signed_file=name, signed_sha256=sha256, seal=copy.seal):
        return False
    contract.refresh_from_db()
    if copy.seal:
        note(
            contract,
            ContractEventKind.SEALED,
            by=SYSTEM,
            document_sha256=sha256,
            details={name: value for name, value in copy.seal.items() if value},
        )
    send_signed(contract)
    return True


def _restore(contract: Contract, *, signed: bool) -> None:
    try:
        files.read(contract, signed=signed)
    except DocumentDamaged:
        document = _made_again(contract, signed=signed)
        if document.sha256 != (contract.signed_sha256 if signed else contract.sha256):
            raise CannotRestore(number=contract.number) from None
        name = files.keep(contract, document, signed=signed)
        field = "signed_file" if signed else "file"
        Contract.objects.filter(pk=contract.pk).update(**{field: name})
        contract.refresh_from_db()
        files.sweep(contract, signed=signed)


def _made_again(contract: Contract, *, signed: bool) -> Document:
    if not signed:
        return documents.compose(contract)
    if contract.seal.get("timestamp") == TIMESTAMP_KEPT:
        raise CannotRestore(number=contract.number)
    # Copies from before there were seals have none.
    return sealed_copy(contract).document if contract.seal else documents.compose_signed(contract)


def _discard_unless(kept: str | None, name: str) -> None:
    if kept != name:
        default_storage.delete(name)
