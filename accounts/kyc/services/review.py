"""Review of a paper by a person."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.kyc.eligibility import MINIMUM_AGE, MOPED, age_on
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState, LicenceClass, RejectionCode
from accounts.kyc.errors import (
    DocumentNumberTaken,
    PaperContradictsAccount,
    PaperUnreadable,
    ReviewerIsSubject,
)
from accounts.kyc.models import IdentityDocument
from accounts.kyc.rules import folded_name, normal_number
from accounts.kyc.wording import cure_of, problem_of
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users.models import User
from voltgo.core import clock, crypto, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition

NUMBER_LENGTHS = range(6, 21)
# The letters of the classes got their present meaning on this day (Law 36/2024/QH15 art. 57, 89).
CLASSES_CHANGED_ON = date(2025, 1, 1)
OLD_PREFIX = "old_"
REPLACED_BY_APPROVAL = (DocumentState.APPROVED, DocumentState.EXPIRED)
# Numbers that are in use: of a valid paper, and of one that has merely run out.
NUMBER_IN_USE = (DocumentState.APPROVED, DocumentState.EXPIRED)


@dataclass(frozen=True, slots=True)
class ReadFields:
    """What the reviewer read from the photographs."""

    number: str
    full_name: str
    born_on: date | None
    licence_classes: tuple[str, ...] = ()
    issued_on: date | None = None
    expires_on: date | None = None


@transaction.atomic
def approve_document(
    *, document: IdentityDocument, read: ReadFields, reviewer: User, by: Actor, override_reason: str = ""
) -> IdentityDocument:
    """Approve a waiting paper with what was read from it; the version approved before is superseded.

    Keeps the number encrypted, as a keyed hash and as its last three digits; a citizen card also sets the
    person's date of birth. Locks the user row, then documents. The person is told by email after commit.
    `override_reason` accepts a name or a date of birth that differs from the account, and is kept.

    Raises:
        ReviewerIsSubject: four eyes are needed.
        PaperUnreadable: a value cannot be right; `details["errors"]` names the fields.
        PaperContradictsAccount: name or date of birth differ, and no reason was given.
        DocumentNumberTaken: the number belongs to another person.
        IllegalTransition: somebody else has decided meanwhile.
    """
    _check_reviewer(document, reviewer)
    user = locks.lock_row(document.user)
    _check_still_waiting(document)
    number = normal_number(read.number)
    _check_reading(document, read, number)
    contradictions = _contradictions(document, user, read)
    if contradictions and not override_reason.strip():
        raise PaperContradictsAccount(fields=contradictions)
    number_hash = crypto.keyed_hash(number)
    _check_number_is_free(document, number_hash)
    for former in user.documents.filter(kind=document.kind, state__in=REPLACED_BY_APPROVAL):
        states.move(DOCUMENT, former, to=DocumentState.SUPERSEDED, by=by)
    try:
        with transaction.atomic():
            states.move(
                DOCUMENT,
                document,
                to=DocumentState.APPROVED,
                by=by,
                number_encrypted=crypto.encrypt(number),
                number_hash=number_hash,
                number_tail=number[-3:],
                full_name=" ".join(read.full_name.split()),
                born_on=read.born_on,
                licence_classes=_classes(document, read),
                issued_on=read.issued_on,
                expires_on=read.expires_on,
                reviewed_by=reviewer,
                reviewed_at=clock.now(),
            )
    except IntegrityError as error:
        # Two people with one number were approved at the same moment; the constraint has let one through.
        raise DocumentNumberTaken from error
    if document.kind == DocumentKind.CITIZEN_CARD:
        User.objects.filter(pk=user.pk).update(born_on=read.born_on)
        document.user.born_on = read.born_on
    audit.record(
        "document.approved",
        f"document:{document.pk}",
        by=by,
        reason=override_reason.strip()[:300],
        user=user.public_id,
        contradictions=contradictions,
    )
    _tell_approved(document, user)
    return document


@transaction.atomic
def reject_document(
    *, document: IdentityDocument, code: str, reviewer: User, by: Actor, note: str = ""
) -> IdentityDocument:
    """Send a waiting paper back with a coded reason; the person is told what to do by email after commit.

    `note` is shown to the person too. Locks the user row, then the document.

    Raises:
        ReviewerIsSubject: four eyes are needed.
        IllegalTransition: somebody else has decided meanwhile.
    """
    code = RejectionCode(code)
    _check_reviewer(document, reviewer)
    user = locks.lock_row(document.user)
    states.move(
        DOCUMENT,
        document,
        to=DocumentState.REJECTED,
        by=by,
        reason=code,
        rejection_code=code,
        rejection_note=note.strip()[:300],
        reviewed_by=reviewer,
        reviewed_at=clock.now(),
    )
    audit.record("document.rejected", f"document:{document.pk}", by=by, user=user.public_id, code=str(code))
    _tell_rejected(document, user)
    return document


def _check_reviewer(document: IdentityDocument, reviewer: User) -> None:
    if reviewer.pk == document.user_id:
        raise ReviewerIsSubject


def _check_still_waiting(document: IdentityDocument) -> None:
    """Look before judging the reading: a reviewer who comes second shall hear that, not of a wrong date."""
    state = IdentityDocument.objects.values_list("state", flat=True).get(pk=document.pk)
    if state != DocumentState.NEEDS_REVIEW:
        raise IllegalTransition(machine=DOCUMENT.name, source=state, target=DocumentState.APPROVED)


def _check_reading(document: IdentityDocument, read: ReadFields, number: str) -> None:
    """Refuse what no paper can say."""
    today = clock.today()
    errors: dict[str, str] = {}
    if len(number) not in NUMBER_LENGTHS or not (number.isascii() and number.isalnum()):
        errors["number"] = _("Số giấy tờ gồm 6 đến 20 chữ số hoặc chữ cái.")
    if len(read.full_name.split()) < 1:
        errors["full_name"] = _("Nhập họ và tên như trên giấy tờ.")
    if read.born_on is None:
        errors["born_on"] = _("Nhập ngày sinh.")
    elif age_on(read.born_on, today) < MINIMUM_AGE[MOPED]:
        errors["born_on"] = _("Người này chưa đủ 16 tuổi. Hãy từ chối với lý do chưa đủ tuổi.")
    if read.expires_on is not None and read.expires_on < today:
        errors["expires_on"] = _("Giấy tờ đã hết hạn. Hãy từ chối với lý do hết hạn.")
    if read.issued_on is not None and read.issued_on > today:
        errors["issued_on"] = _("Ngày cấp không thể ở tương lai.")
    if document.kind == DocumentKind.DRIVING_LICENCE:
        errors |= _licence_errors(read)
    if errors:
        raise PaperUnreadable(errors=errors)


def _licence_errors(read: ReadFields) -> dict[str, str]:
    """The day of issue says what a class means: an old A1 covers 14 kW, a new one 11 kW."""
    if not read.licence_classes:
        return {"licence_classes": _("Chọn ít nhất một hạng.")}
    if read.issued_on is None:
        return {"issued_on": _("Nhập ngày cấp: hạng cấp trước năm 2025 có phạm vi khác.")}
    is_old = read.issued_on < CLASSES_CHANGED_ON
    if any(LicenceClass(name).startswith(OLD_PREFIX) != is_old for name in read.licence_classes):
        if is_old:
            return {
                "licence_classes": _("Giấy phép cấp trước năm 2025: hãy chọn hạng có ghi “cấp trước 2025”.")
            }
        return {"licence_classes": _("Giấy phép cấp từ năm 2025: hãy chọn hạng không ghi “cấp trước 2025”.")}
    return {}


def _contradictions(document: IdentityDocument, user: User, read: ReadFields) -> list[str]:
    """Compare with the account and with the person's other approved paper."""
    fields = []
    if folded_name(read.full_name) != folded_name(user.full_name):
        fields.append("full_name")
    other = user.documents.filter(state=DocumentState.APPROVED).exclude(kind=document.kind).first()
    if other is not None and other.born_on != read.born_on:
        fields.append("born_on")
    return fields


def _check_number_is_free(document: IdentityDocument, number_hash: str) -> None:
    others = IdentityDocument.objects.filter(
        kind=document.kind, number_hash=number_hash, state__in=NUMBER_IN_USE
    ).exclude(user=document.user)
    if others.exists():
        raise DocumentNumberTaken


def _classes(document: IdentityDocument, read: ReadFields) -> list[str]:
    if document.kind != DocumentKind.DRIVING_LICENCE:
        return []
    return [name for name in LicenceClass.values if name in read.licence_classes]


def _tell_approved(document: IdentityDocument, user: User) -> None:
    approved = user.documents.filter(state=DocumentState.APPROVED).values_list("kind", flat=True)
    notify(
        user=user,
        kind=MessageKind.DOCUMENT_APPROVED,
        key=f"{MessageKind.DOCUMENT_APPROVED}:{document.pk}",
        reference=f"document:{document.pk}",
        context={
            "kind_label": DocumentKind(document.kind).label,
            "is_complete": {DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE} <= set(approved),
        },
    )


def _tell_rejected(document: IdentityDocument, user: User) -> None:
    with translation.override(user.language):
        problem, cure = problem_of(document.rejection_code), cure_of(document.rejection_code)
    notify(
        user=user,
        kind=MessageKind.DOCUMENT_REJECTED,
        key=f"{MessageKind.DOCUMENT_REJECTED}:{document.pk}",
        reference=f"document:{document.pk}",
        context={
            "kind_label": DocumentKind(document.kind).label,
            "problem": problem,
            "cure": cure,
            "note": document.rejection_note,
            "path": reverse("accounts:identity-upload", args=[document.kind]),
        },
    )
