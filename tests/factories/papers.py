"""One honest person's papers and somebody else's, to be decided about: for tests of the decision."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from accounts.extraction.types import FieldName, Reading, Source
from accounts.kyc.crosscheck import Subject
from accounts.kyc.decision import Case, Decision, Paper, decide
from accounts.kyc.enums import DocumentKind, DocumentState
from tests.fakes.reader import card_reading
from tests.identity.people import TODAY, make_person

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE
PASSPORT = DocumentKind.PASSPORT
QR, MRZ, OCR = Source.QR, Source.MRZ, Source.OCR
NUMBER, NAME, BORN = FieldName.NUMBER, FieldName.FULL_NAME, FieldName.BORN_ON
ISSUED, EXPIRES, CLASSES = FieldName.ISSUED_ON, FieldName.EXPIRES_ON, FieldName.LICENCE_CLASSES
APPROVED, REVIEW = DocumentState.APPROVED, DocumentState.NEEDS_REVIEW
AUTO_PASSED, REJECTED = DocumentState.AUTO_PASSED, DocumentState.REJECTED

# Born on 8 April 1980, number 030080635108; a licence of 2025 for cars.
ME = replace(
    make_person(7, card_form=2021, licence_form=2025),
    full_name="Võ Minh Hùng",
    licence_classes=("A1", "B"),
    licence_issued_on=date(2025, 6, 2),
    licence_expires_on=date(2035, 6, 2),
)
OTHER = make_person(8, card_form=2021, licence_form=2025)


def case(papers: Mapping[Any, Reading | Paper | None], **changes: Any) -> Case:
    return Case(
        **{
            "subject": Subject(ME.full_name),
            "today": TODAY,
            "papers": {
                kind: paper if isinstance(paper, Paper) else Paper(paper) for kind, paper in papers.items()
            },
            **changes,
        }
    )


def of_card(reading: Reading | Paper | None, **changes: Any) -> Decision:
    return decide(case({CARD: reading}, **changes))[CARD]


def of_licence(reading: Reading | Paper | None, **changes: Any) -> Decision:
    return decide(case({CARD: card_reading(ME), LICENCE: reading}, **changes))[LICENCE]
