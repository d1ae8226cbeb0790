"""A second pair of eyes for statements that people bring: until then none of their lines exist."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.cases import services as cases
from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.gateways.bank.statement import StatementRow
from payments.reconciliation.enums import Source
from payments.reconciliation.errors import BroughtByTheSame, FileChanged, NothingToConfirm
from payments.reconciliation.models import StatementConfirmation, StatementFile
from payments.reconciliation.services.bank_lines import SETTLE_LINES
from payments.reconciliation.services.importing import (
    add_bank_lines,
    case_key,
    read_statement,
    sha256_of,
)
from voltgo.core import outbox
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.errors import NotAllowed


def confirm_statement(*, file: StatementFile, by: Actor) -> StatementConfirmation:
    """Agree that a statement which somebody else brought is the bank's own; its lines come in and are booked.

    The lines are read from the very bytes that were brought. The job that books them is promised in the same
    transaction. Safe to call twice, and by two people at once: the first one stays.

    Raises:
        BroughtByTheSame: they brought it themselves.
        NothingToConfirm: it is a provider's file, or one of the inbox.
        FileChanged: the bytes that are kept are not those that were brought.
        NotAllowed: only operators confirm.
    """
    if by.kind is not ActorKind.OPERATOR or not by.ref:
        raise NotAllowed
    if by.ref == file.received_ref:
        raise BroughtByTheSame(_("Bạn đã tải sao kê này lên. Cần một người khác xác nhận."), file=file.pk)
    return _confirm(file, by)


def take_the_inboxs_word(*, file: StatementFile, by: Actor) -> StatementConfirmation:
    """Confirm a statement because the bank's own folder holds the same bytes. Raises as `confirm_statement`."""
    return _confirm(file, by)


@transaction.atomic
def _confirm(file: StatementFile, by: Actor) -> StatementConfirmation:
    if file.source != Source.BANK or not file.received_ref:
        raise NothingToConfirm(file=file.pk)
    rows = rows_of(file)
    # Whoever comes second waits here for the first: the application may not lock rows that never change.
    confirmation, is_first = StatementConfirmation.objects.get_or_create(
        file=file, defaults={"by_ref": by.ref, "by_label": by.label[:200]}
    )
    if not is_first:
        return confirmation
    fresh = add_bank_lines(file, rows)
    audit.record("reconciliation.statement_confirmed", f"statement_file:{file.pk}", by=by, lines=fresh)
    case = MoneyCase.objects.filter(key=case_key(file), state=CaseState.OPEN).first()
    if case is not None:
        cases.resolve_case(case=case, resolution=f"statement_confirmation:{confirmation.pk}", by=by)
    outbox.promise(SETTLE_LINES, key=f"{SETTLE_LINES}:file:{file.pk}", round_number=1)
    return confirmation


def rows_of(file: StatementFile) -> list[StatementRow]:
    """Return what a statement says, from the bytes that were brought.

    Raises:
        FileChanged: they are gone, or others lie in their place.
    """
    try:
        # Not through the row's own handle: two people may look at one row at once.
        with file.content.storage.open(str(file.content.name)) as kept:
            content = kept.read()
    except FileNotFoundError as gone:
        raise FileChanged(file=file.pk) from gone
    if sha256_of(content, file.day, is_empty=not file.line_count) != file.sha256:
        raise FileChanged(file=file.pk)
    return read_statement(content)
