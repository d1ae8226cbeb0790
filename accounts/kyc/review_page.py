"""What a reviewer looks at: the photographs, what each source says, what does not fit, and what is known besides."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.extraction.types import NO_EXPIRY, FieldName, Source
from accounts.kyc.conventions import AS_OF, KNOWN_OUTSIDE, is_party
from accounts.kyc.crosscheck import CONFIDENT
from accounts.kyc.decision import GRAVE
from accounts.kyc.enums import (
    IDENTITY_KINDS,
    SIDES_OF,
    DocumentKind,
    DocumentState,
    Finding,
    ImageSide,
    LicenceClass,
)
from accounts.kyc.models import DocumentExtraction, DocumentReview, IdentityDocument
from accounts.kyc.readings import Comparison, comparison_in, reading_row_of
from accounts.kyc.rules import CLASSES_CHANGED_ON, OLD_PREFIX, folded_name, normal_number
from accounts.kyc.services.approving import FOREIGN_KINDS
from accounts.kyc.services.taking import first_look_at
from accounts.users.models import User
from voltgo.core import clock, crypto

# What reads with less certainty is marked, so that a person looks twice.
SURE = 0.9
# A machine readable zone has room for so many letters of a name.
MRZ_NAME_LENGTH = 25
VERSIONS_SHOWN = 6
DUPLICATES_SHOWN = 6
# Whether their country has joined the convention decides whether they count.
CONVENTION_KINDS = (DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT)
COUNTRY_LETTERS = 3
# In the order of trust: what a code says is exact; print has the accents that the zone lacks.
SOURCES: Sequence[tuple[str, StrOrPromise]] = (
    (Source.QR, _("QR")),
    (Source.MRZ, _("Mã máy đọc")),
    (Source.OCR, _("In trên thẻ")),
    (Source.TEXTRACT, _("Dịch vụ đọc")),
)
PREFERRED = (Source.QR, Source.OCR, Source.TEXTRACT, Source.MRZ)
READERS: Mapping[str, StrOrPromise] = {
    "local": _("máy chủ của VoltGo"),
    "textract": "Amazon Textract",
    "rekognition": "Amazon Rekognition",
    "dlib": "dlib",
}
LABELS: Mapping[str, StrOrPromise] = {
    FieldName.NUMBER: _("Số giấy tờ"),
    FieldName.FULL_NAME: _("Họ và tên"),
    FieldName.BORN_ON: _("Ngày sinh"),
    FieldName.LICENCE_CLASSES: _("Hạng"),
    FieldName.ISSUED_ON: _("Ngày cấp"),
    FieldName.EXPIRES_ON: _("Có giá trị đến"),
    "country": _("Nước cấp"),
}
DATES = (FieldName.BORN_ON, FieldName.ISSUED_ON, FieldName.EXPIRES_ON)
# The second of two reviewers types these without seeing what anybody else has read.
BLIND = (FieldName.NUMBER, FieldName.BORN_ON)


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph to look at, and of which paper it is."""

    document: IdentityDocument
    side: str
    is_companion: bool = False

    @property
    def label(self) -> StrOrPromise:
        if self.document.kind == DocumentKind.SELFIE:
            return DocumentKind.SELFIE.label
        return ImageSide(self.side).label


@dataclass(frozen=True, slots=True)
class Said:
    """One value as one source has it."""

    value: str
    shown: str
    confidence: float

    @property
    def percent(self) -> int:
        return round(self.confidence * 100)

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class Line:
    """One field: what each source says, and what stands in the form before a person has looked."""

    name: str
    label: StrOrPromise
    # By source; None where it says nothing.
    said: Sequence[Said | None]
    account: str = ""
    # Sources on the paper contradict each other: nothing is filled in.
    is_disputed: bool = False
    # The paper agrees with itself, but not with the account.
    is_other_than_account: bool = False
    prefill: str = ""

    @property
    def is_unsure(self) -> bool:
        """True when nobody was certain of it."""
        there = [said for said in self.said if said is not None]
        return bool(there) and not self.is_disputed and not any(said.is_sure for said in there)


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in words."""

    code: str
    words: StrOrPromise
    is_grave: bool


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A paper of somebody else that has something in common with this one."""

    document: IdentityDocument
    why: Sequence[StrOrPromise]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Everything about one paper that a reviewer decides by."""

    document: IdentityDocument
    photos: Sequence[Photo]
    sources: Sequence[tuple[str, StrOrPromise]]
    lines: Sequence[Line]
    findings: Sequence[Told]
    versions: Sequence[IdentityDocument]
    duplicates: Sequence[Duplicate]
    first_look: DocumentReview | None = None
    # What a machine made of the two faces, if one compared them.
    comparison: Comparison | None = None
    reader: StrOrPromise = ""
    initial: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_selfie(self) -> bool:
        return self.document.kind == DocumentKind.SELFIE

    @property
    def similarity_percent(self) -> int | None:
        return round(self.comparison.match.similarity * 100) if self.comparison is not None else None

    @property
    def is_grave(self) -> bool:
        return any(told.is_grave for told in self.findings)


def review_page(document: IdentityDocument) -> ReviewPage:
    """Gather what a reviewer needs for one paper. Nine queries at most."""
    extraction = reading_row_of(document)
    readings = readings_in(extraction)
    first = first_look_at(document)
    sources = [pair for pair in SOURCES if any(each["source"] == pair[0] for each in readings)]
    lines = [] if document.kind == DocumentKind.SELFIE else _lines(document, readings, sources)
    if first is not None:
        lines = [_hidden(line) for line in lines]
    return ReviewPage(
        document=document,
        photos=_photos(document),
        sources=sources,
        lines=lines,
        findings=told(document.findings),
        versions=list(_versions(document)),
        duplicates=_duplicates(document, readings),
        first_look=first,
        comparison=_comparison(document),
        reader=reader_shown(extraction.engine) if extraction is not None else "",
        initial=_initial(lines),
    )


def told(findings: Iterable[str]) -> list[Told]:
    """Return findings in words, those that point to deceit first."""
    known = [Told(code, Finding(code).label, code in GRAVE) for code in findings if code in Finding.values]
    return sorted(known, key=lambda each: not each.is_grave)


def hint_about_convention(document: IdentityDocument, country: str) -> str:
    """Say whether a country is known to have joined the Convention of 1968; nothing about other kinds of papers.

    Without a country, and when its name is not typed to the end, it says which countries are often asked about.
    """
    if document.kind not in CONVENTION_KINDS:
        return ""
    code = country.strip().upper()
    day = f"{AS_OF:%d/%m/%Y}"
    if is_party(code):
        return gettext(
            "%(country)s là thành viên Công ước Viên 1968 theo danh sách ngày %(day)s, chỉ để tham khảo."
        ) % {"country": code, "day": day}
    if KNOWN_OUTSIDE.get(code):
        return gettext(
            "%(country)s không phải thành viên Công ước Viên 1968 theo danh sách ngày %(day)s: giấy phép lái xe "
            "quốc tế từ đó theo Công ước %(year)s, không có giá trị ở Việt Nam. Chỉ để tham khảo."
        ) % {"country": code, "day": day, "year": KNOWN_OUTSIDE[code]}
    if len(code) == COUNTRY_LETTERS:
        return gettext(
            "%(country)s không có trong danh sách thành viên Công ước Viên 1968 ngày %(day)s: hãy xem kỹ hơn. Chỉ để "
            "tham khảo."
        ) % {"country": code, "day": day}
    return gettext(
        "Theo danh sách ngày %(day)s, các nước này không phải thành viên Công ước Viên 1968: %(countries)s."
    ) % {"day": day, "countries": ", ".join(KNOWN_OUTSIDE)}


def readings_in(extraction: DocumentExtraction | None) -> list[dict[str, Any]]:
    """Return every value that was read: name, value, source, confidence, side."""
    if extraction is None or not extraction.fields_encrypted:
        return []
    kept = json.loads(crypto.decrypt(extraction.fields_encrypted))
    return [each for each in kept if each.get("value")]


def reader_shown(engine: str) -> StrOrPromise:
    """Return the name of what has read a paper."""
    return READERS.get(engine, engine)


def date_shown(value: str) -> str:
    """Write an ISO date as people do."""
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except ValueError:
        return value


def _photos(document: IdentityDocument) -> list[Photo]:
    order = ImageSide.values
    own = [Photo(document, image.side) for image in document.images.all()]
    own.sort(key=lambda photo: order.index(photo.side))
    # A face is compared with the portrait: they stand side by side.
    if document.kind == DocumentKind.SELFIE:
        wanted, sides = [str(kind) for kind in IDENTITY_KINDS], 1
    elif document.kind in IDENTITY_KINDS:
        wanted, sides = [str(DocumentKind.SELFIE)], 1
    elif document.kind == DocumentKind.DRIVING_PERMIT:
        # It translates the licence, and counts only together with it.
        wanted, sides = [str(DocumentKind.FOREIGN_LICENCE)], 2
    else:
        return own
    companions = (
        document.user.documents.filter(kind__in=wanted)
        .exclude(
            state__in=(
                DocumentState.REJECTED,
                DocumentState.SUPERSEDED,
                DocumentState.REVOKED,
            )
        )
        .prefetch_related("images")
        .order_by("-pk")
    )
    other = next(iter(companions), None)
    if other is None:
        return own
    beside = [Photo(other, image.side, is_companion=True) for image in other.images.all()]
    beside.sort(key=lambda photo: order.index(photo.side))
    if document.kind == DocumentKind.SELFIE:
        return [*beside[:sides], *own]
    # Beside the side with the portrait.
    return [*own[:1], *beside[:sides], *own[1:]]


def _comparison(document: IdentityDocument) -> Comparison | None:
    if document.kind != DocumentKind.SELFIE:
        return None
    found = (comparison_in(row) for row in document.extractions.order_by("-pk"))
    return next((each for each in found if each is not None), None)


def _lines(
    document: IdentityDocument,
    readings: Sequence[Mapping[str, Any]],
    sources: Sequence[tuple[str, StrOrPromise]],
) -> list[Line]:
    names = [FieldName.NUMBER, FieldName.FULL_NAME, FieldName.BORN_ON]
    if len(SIDES_OF[document.kind]) and document.kind not in IDENTITY_KINDS:
        names.append(FieldName.LICENCE_CLASSES)
    names += [FieldName.ISSUED_ON, FieldName.EXPIRES_ON]
    lines = [_line(name, document, readings, sources) for name in names]
    if document.kind in FOREIGN_KINDS:
        country = next((each["value"] for each in readings if each["name"] == FieldName.NATIONALITY), "")
        lines.append(
            Line("country", LABELS["country"], [None] * len(sources), prefill=country[:3] if country else "")
        )
    return lines


def _line(
    name: str,
    document: IdentityDocument,
    readings: Sequence[Mapping[str, Any]],
    sources: Sequence[tuple[str, StrOrPromise]],
) -> Line:
    best: dict[str, Said] = {}
    for each in readings:
        if each["name"] != name:
            continue
        said = Said(each["value"], _shown(name, each["value"]), float(each["confidence"]))
        if each["source"] not in best or said.confidence > best[each["source"]].confidence:
            best[each["source"]] = said
    account = _account(name, document.user)
    is_disputed = _differ(name, [said.value for said in best.values()])
    chosen = next((best[source] for source in PREFERRED if source in best), None)
    # What was hardly read is not filled in either: a wrong suggestion is worse than none.
    is_usable = chosen is not None and not is_disputed and chosen.confidence >= CONFIDENT
    prefill = chosen.shown if chosen is not None and is_usable else ""
    if name == FieldName.EXPIRES_ON and chosen is not None and chosen.value == NO_EXPIRY:
        prefill = ""
    return Line(
        name=name,
        label=LABELS[name],
        said=[best.get(source) for source, _label in sources],
        account=_shown(name, account),
        is_disputed=is_disputed,
        is_other_than_account=bool(
            account and chosen and not is_disputed and _differ(name, [account, chosen.value])
        ),
        prefill=prefill,
    )


def _hidden(line: Line) -> Line:
    """Return a line as the second reviewer gets it: the decisive ones are typed blind."""
    if line.name not in BLIND:
        return line
    return Line(line.name, line.label, [None] * len(line.said), is_disputed=line.is_disputed)


def _account(name: str, user: User) -> str:
    if name == FieldName.FULL_NAME:
        return user.full_name
    if name == FieldName.BORN_ON and user.born_on is not None:
        return user.born_on.isoformat()
    return ""


def _shown(name: str, value: str) -> str:
    if name == FieldName.EXPIRES_ON and value == NO_EXPIRY:
        return str(_("không thời hạn"))
    return date_shown(value) if name in DATES else value


def _differ(name: str, values: Sequence[str]) -> bool:
    """Say whether values of one field contradict each other."""
    if name == FieldName.FULL_NAME:
        return _names_differ([folded_name(value) for value in values])
    if name == FieldName.NUMBER:
        return len({normal_number(value) for value in values}) > 1
    if name == FieldName.LICENCE_CLASSES:
        return len({frozenset(value.upper().replace(" ", "").split(",")) for value in values}) > 1
    return len(set(values)) > 1


def _names_differ(names: Sequence[str]) -> bool:
    """Names as the machine readable zone cuts them off are no contradiction."""
    longest = max(names, key=len, default="")
    return any(
        name != longest and not (len(name) >= MRZ_NAME_LENGTH and longest.startswith(name)) for name in names
    )


def _initial(lines: Sequence[Line]) -> dict[str, Any]:
    values: dict[str, Any] = {line.name: line.prefill for line in lines if line.prefill}
    printed = values.pop(FieldName.LICENCE_CLASSES, "")
    if printed:
        values["licence_classes"] = classes_from(printed, values.get(FieldName.ISSUED_ON, ""))
    return {str(name): value for name, value in values.items()}


def classes_from(printed: str, issued_on: str) -> list[str]:
    """Turn "A1,B2" into our classes; of a licence issued before 2025 they are the old ones."""
    day, _slash, rest = issued_on.partition("/")
    month, _slash, year = rest.partition("/")
    if not (day.isdigit() and month.isdigit() and year.isdigit()):
        # Without the day of issue nobody can say what a letter means.
        return []
    is_old = date(int(year), int(month), int(day)) < CLASSES_CHANGED_ON
    names = [name.strip().upper() for name in printed.split(",")]
    wanted = [f"{OLD_PREFIX}{name}" if is_old else name for name in names]
    return [name for name in wanted if name in LicenceClass.values]


def _versions(document: IdentityDocument) -> QuerySet[IdentityDocument]:
    """Return what else is known of the person: earlier versions and other papers, newest first."""
    others = document.user.documents.exclude(pk=document.pk).select_related("reviewed_by")
    return others.order_by("-pk")[:VERSIONS_SHOWN]


def _duplicates(document: IdentityDocument, readings: Sequence[Mapping[str, Any]]) -> list[Duplicate]:
    """Return papers of other people with the same number or the same picture."""
    hashes = {
        crypto.keyed_hash(normal_number(each["value"]))
        for each in readings
        if each["name"] == FieldName.NUMBER
    }
    images = list(document.images.all())
    files = {image.uploaded_sha256 for image in images} - {""}
    looks = {image.perceptual_hash for image in images} - {None}
    same_picture = Q(images__uploaded_sha256__in=files) | Q(images__perceptual_hash__in=looks)
    others = IdentityDocument.objects.exclude(user=document.user_id).select_related("user")
    found: dict[int, tuple[IdentityDocument, list[StrOrPromise]]] = {}
    if hashes:
        same_number = others.filter(kind=document.kind, number_hash__in=hashes).order_by("-pk")
        for other in same_number[:DUPLICATES_SHOWN]:
            found[other.pk] = (other, [_("cùng số")])
    if files or looks:
        for other in others.filter(same_picture).distinct().order_by("-pk")[:DUPLICATES_SHOWN]:
            found.setdefault(other.pk, (other, []))[1].append(_("cùng ảnh"))
    return [Duplicate(other, why) for other, why in found.values()]


def minutes_waited(document: IdentityDocument) -> int:
    return int((clock.now() - document.uploaded_at).total_seconds() // 60)
