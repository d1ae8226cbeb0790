"""What it takes to approve a paper, and the one way in which an approval is written: by a person or by the machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.kyc.eligibility import MINIMUM_AGE, MOPED
from accounts.kyc.enums import (
    DOCUMENT,
    IDENTITY_KINDS,
    LICENCE_KINDS,
    DocumentKind,
    DocumentState,
    Finding,
    LicenceClass,
)
from accounts.kyc.errors import DocumentNumberTaken, PaperUnreadable
from accounts.kyc.models import IdentityDocument
from accounts.kyc.rules import CLASSES_CHANGED_ON, OLD_PREFIX, age_on, folded_name, normal_number
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users.models import User
from voltgo.core import clock, crypto, outbox, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

# Looks at a person's other papers once more.
DECIDE_TOPIC = "kyc.decide"
NUMBER_LENGTHS = range(6, 21)
REPLACED_BY_APPROVAL = (DocumentState.APPROVED, DocumentState.EXPIRED)
# Numbers that are in use: of a valid paper, and of one that has merely run out.
NUMBER_IN_USE = (DocumentState.APPROVED, DocumentState.EXPIRED)
# Issued abroad: they name their country, and their names may stand in another order.
FOREIGN_KINDS = (DocumentKind.PASSPORT, DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT)
VIETNAM = "VNM"
# The only convention whose permits count in Vietnam; those of 1949 and of clubs do not.
CONVENTION = "1968"
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class ReadFields:
    """What was read from the photographs. A selfie has none of it."""

    number: str = ""
    full_name: str = ""
    born_on: date | None = None
    licence_classes: tuple[str, ...] = ()
    issued_on: date | None = None
    expires_on: date | None = None
    # Three letters, for what was issued abroad.
    country: str = ""
    # The year of the convention that a driving permit names.
    convention: str = ""


def check_reading(document: IdentityDocument, read: ReadFields) -> None:
    """Refuse what no paper can say.

    Raises:
        PaperUnreadable: a value cannot be right; `details["errors"]` names the fields.
    """
    if document.kind == DocumentKind.SELFIE:
        return
    errors = _common_errors(read)
    if document.kind == DocumentKind.DRIVING_LICENCE:
        errors |= _licence_errors(read)
    elif document.kind in FOREIGN_KINDS:
        errors |= _foreign_errors(document, read)
    if errors:
        raise PaperUnreadable(errors=errors)


def _common_errors(read: ReadFields) -> dict[str, str]:
    today = clock.today()
    number = normal_number(read.number)
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
    return errors


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


def _foreign_errors(document: IdentityDocument, read: ReadFields) -> dict[str, str]:
    errors: dict[str, str] = {}
    country = read.country.strip().upper()
    if len(country) != len(VIETNAM) or not (country.isascii() and country.isalpha()):
        errors["country"] = _("Nhập mã nước cấp gồm ba chữ cái, ví dụ DEU.")
    elif country == VIETNAM and document.kind != DocumentKind.PASSPORT:
        # A permit issued here is for driving abroad.
        errors["country"] = _("Giấy tờ do Việt Nam cấp không dùng được ở đây. Hãy từ chối.")
    if document.kind in LICENCE_KINDS:
        if not read.licence_classes:
            errors["licence_classes"] = _("Chọn ít nhất một hạng.")
        elif any(LicenceClass(name).startswith(OLD_PREFIX) for name in read.licence_classes):
            errors["licence_classes"] = _("Giấy phép nước ngoài: hãy chọn hạng không ghi “cấp trước 2025”.")
        if read.issued_on is None:
            errors["issued_on"] = _("Nhập ngày cấp.")
    if document.kind == DocumentKind.DRIVING_PERMIT and read.convention != CONVENTION:
        errors["convention"] = _(
            "Chỉ giấy phép theo Công ước Viên 1968 có giá trị. Giấy phép khác: hãy từ chối."
        )
    return errors


def contradictions_of(document: IdentityDocument, user: User, read: ReadFields) -> list[str]:
    """Name the fields that differ from the account and from the person's other approved papers."""
    if document.kind == DocumentKind.SELFIE:
        return []
    fields = []
    if not _is_same_name(read.full_name, user.full_name, is_foreign=document.kind in FOREIGN_KINDS):
        fields.append("full_name")
    known = user.documents.filter(state=DocumentState.APPROVED, born_on__isnull=False)
    other = known.exclude(kind=document.kind).first()
    if other is not None and other.born_on != read.born_on:
        fields.append("born_on")
    return fields


# What accepting such a difference means to the policy.
FINDING_OF = {"full_name": Finding.NAME_DIFFERS, "born_on": Finding.BIRTH_DIFFERS}


def _is_same_name(one: str, other: str, *, is_foreign: bool) -> bool:
    first, second = folded_name(one), folded_name(other)
    if is_foreign:
        return sorted(first.split()) == sorted(second.split())
    return first == second


def check_number_is_free(document: IdentityDocument, number: str) -> None:
    """Look whether somebody else has this number on a paper of the same kind.

    Raises:
        DocumentNumberTaken: somebody has.
    """
    others = IdentityDocument.objects.filter(
        kind=document.kind, number_hash=crypto.keyed_hash(number), state__in=NUMBER_IN_USE
    ).exclude(user=document.user_id)
    if others.exists():
        raise DocumentNumberTaken


def put_approved(
    *,
    document: IdentityDocument,
    user: User,
    read: ReadFields,
    by: Actor,
    reviewer: User | None = None,
    is_automatic: bool = False,
    reason: str = "",
    contradictions: Sequence[str] = (),
    is_told: bool = True,
) -> IdentityDocument:
    """Write an approval with what was read; the version approved before is superseded.

    For callers that hold the lock of the user's row and have judged the reading (`check_reading`). Keeps the
    number encrypted, as a keyed hash and as its last three digits; a citizen card or a passport also sets the
    person's date of birth. Reviews of the paper forget what was read in them. The person is told by email
    after commit, unless `is_told` is false.

    Raises:
        DocumentNumberTaken: the number belongs to another person.
        IllegalTransition: somebody else has decided meanwhile.
    """
    number = normal_number(read.number)
    if number:
        check_number_is_free(document, number)
    for former in user.documents.filter(kind=document.kind, state__in=REPLACED_BY_APPROVAL):
        states.move(DOCUMENT, former, to=DocumentState.SUPERSEDED, by=by)
    try:
        with transaction.atomic():
            states.move(
                DOCUMENT,
                document,
                to=DocumentState.APPROVED,
                by=by,
                reviewed_by=reviewer,
                reviewed_at=clock.now(),
                is_automatic=is_automatic,
                **_columns(document, read, number),
            )
    except IntegrityError as error:
        # Two people with one number were approved at the same moment; the constraint has let one through.
        raise DocumentNumberTaken from error
    if document.kind in IDENTITY_KINDS and read.born_on != user.born_on:
        User.objects.filter(pk=user.pk).update(born_on=read.born_on)
    if document.kind in IDENTITY_KINDS:
        document.user.born_on = read.born_on
    document.reviews.exclude(reading_encrypted="").update(reading_encrypted="")
    audit.record(
        "document.approved",
        f"document:{document.pk}",
        by=by,
        reason=reason.strip()[:LONGEST_REASON],
        user=user.public_id,
        contradictions=list(contradictions),
    )
    if not is_automatic:
        # A licence and a selfie may have waited for this paper.
        outbox.promise(DECIDE_TOPIC, key=f"{DECIDE_TOPIC}:{document.pk}", user_id=user.pk)
    if is_told:
        tell_approved(document, user)
    return document


def _columns(document: IdentityDocument, read: ReadFields, number: str) -> dict[str, Any]:
    if document.kind == DocumentKind.SELFIE:
        return {}
    return {
        "number_encrypted": crypto.encrypt(number),
        "number_hash": crypto.keyed_hash(number),
        "number_tail": number[-3:],
        "full_name": " ".join(read.full_name.split()),
        "born_on": read.born_on,
        "licence_classes": _classes(document, read),
        "issued_on": read.issued_on,
        "expires_on": read.expires_on,
        "country": read.country.strip().upper() if document.kind in FOREIGN_KINDS else "",
    }


def _classes(document: IdentityDocument, read: ReadFields) -> list[str]:
    if document.kind not in LICENCE_KINDS:
        return []
    return [name for name in LicenceClass.values if name in read.licence_classes]


def tell_approved(document: IdentityDocument, user: User) -> None:
    """Tell a person that a paper is approved, and whether they may book now."""
    notify(
        user=user,
        kind=MessageKind.DOCUMENT_APPROVED,
        key=f"{MessageKind.DOCUMENT_APPROVED}:{document.pk}",
        reference=f"document:{document.pk}",
        context={"kind_label": DocumentKind(document.kind).label, "is_complete": is_complete(user)},
    )


def is_complete(user: User) -> bool:
    """Say whether nothing is missing for booking. A selfie need not have been compared yet."""
    kinds: set[str] = set()
    for kind, state in user.documents.values_list("kind", "state"):
        is_enough = state == DocumentState.APPROVED
        if is_enough or (kind == DocumentKind.SELFIE and state == DocumentState.AUTO_PASSED):
            kinds.add(kind)
    may_drive = DocumentKind.DRIVING_LICENCE in kinds or kinds >= {
        DocumentKind.FOREIGN_LICENCE,
        DocumentKind.DRIVING_PERMIT,
    }
    return may_drive and DocumentKind.SELFIE in kinds and not kinds.isdisjoint(IDENTITY_KINDS)
