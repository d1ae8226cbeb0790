"""The words that engines and their callers share: a photograph in, fields with source and confidence out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class FieldName(StrEnum):
    """What can stand on a paper. Values are plain text as `FieldReading.value` says."""

    NUMBER = "number"  # as printed, without spaces
    FULL_NAME = "full_name"  # as printed, single spaces
    BORN_ON = "born_on"  # ISO date
    SEX = "sex"  # M or F
    NATIONALITY = "nationality"  # three letters of ICAO 9303, VNM
    ISSUED_ON = "issued_on"  # ISO date
    EXPIRES_ON = "expires_on"  # ISO date; NO_EXPIRY for a paper that does not run out
    LICENCE_CLASSES = "licence_classes"  # as printed, joined by commas: "A1,B2"
    OLD_NUMBER = "old_number"  # the 9-digit number from before
    ADDRESS = "address"


NO_EXPIRY = "none"


class Source(StrEnum):
    """Where a value was read."""

    QR = "qr"
    MRZ = "mrz"
    OCR = "ocr"
    TEXTRACT = "textract"


class Problem(StrEnum):
    """Why a photograph has to be taken again. The values are those of accounts.kyc's RejectionCode."""

    BLURRED = "blurred"
    GLARE = "glare"
    TOO_DARK = "too_dark"
    TOO_SMALL = "too_small"
    NOT_A_CARD = "not_a_card"
    WRONG_SIDE = "wrong_side"
    WRONG_DOCUMENT = "wrong_document"
    FACE_UNCLEAR = "face_unclear"


class Layout(StrEnum):
    """Which side of which paper a photograph turned out to show."""

    CARD_2021_FRONT = "card_2021_front"
    CARD_2021_BACK = "card_2021_back"
    CARD_2024_FRONT = "card_2024_front"
    CARD_2024_BACK = "card_2024_back"
    LICENCE_FRONT = "licence_front"
    LICENCE_BACK = "licence_back"
    PASSPORT_PAGE = "passport_page"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One value from one source. `confidence` is 0 to 1; a QR code or a checked MRZ line is 1."""

    name: FieldName
    value: str
    source: Source
    confidence: float
    side: str


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on one photograph, without personal data. `problem` is empty when it is good enough."""

    problem: str = ""
    sharpness: float = 0.0
    glare: float = 0.0
    brightness: float = 0.0
    # Of the rectified card, in pixels of the photograph that was sent; 0 when no card was found.
    card_width: int = 0
    layout: str = Layout.UNKNOWN

    def as_json(self) -> dict[str, float | int | str]:
        return {
            "problem": str(self.problem),
            "sharpness": round(self.sharpness, 1),
            "glare": round(self.glare, 4),
            "brightness": round(self.brightness, 1),
            "card_width": self.card_width,
            "layout": str(self.layout),
        }


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a paid service."""

    operation: str
    is_ok: bool
    seconds: float
    cost_microusd: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class SideReading:
    """What one engine made of one photograph."""

    side: str
    quality: Quality = Quality()
    fields: tuple[FieldReading, ...] = ()
    # The text of the QR code, whatever it says (a licence's is an address of the police, never parsed).
    qr_text: str = ""
    # True when lines of a machine readable zone were seen but a check digit does not fit.
    is_mrz_broken: bool = False
    # JPEG of the portrait as cut from the card, if there is one.
    portrait: bytes = b""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of all photographs of one paper."""

    engine: str
    sides: Mapping[str, SideReading] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def fields(self) -> tuple[FieldReading, ...]:
        return tuple(value for side in self.sides.values() for value in side.fields)

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(call for side in self.sides.values() for call in side.calls)

    @property
    def problems(self) -> dict[str, str]:
        """Which photographs to take again: {side: problem}."""
        return {name: str(side.quality.problem) for name, side in self.sides.items() if side.quality.problem}


class ReaderAway(Exception):
    """An engine cannot work now (not installed, service down, throttled for too long); another may."""


class Engine(Protocol):
    """Reads the photographs of one paper."""

    name: str

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        """Read JPEGs that we encoded ourselves, by side ("front", "back"); `kind` is a DocumentKind.

        Takes no transaction and writes nothing. The same pictures give the same answer.

        Raises:
            ReaderAway: it cannot work now.
        """


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """How alike two faces are, 0 to 1, as the engine measures it, and what it makes of that."""

    engine: str
    similarity: float
    is_same: bool
    # Neither clearly the same nor clearly another person.
    is_unsure: bool = False
    # Empty, or FACE_UNCLEAR when the selfie does not show exactly one face.
    problem: str = ""
    # Ids of other accounts (User.public_id) whose face this is, where the engine keeps faces.
    known_as: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()


class FaceEngine(Protocol):
    """Compares faces."""

    name: str

    def compare(self, *, selfie: bytes, portrait: bytes) -> FaceMatch:
        """Compare the face on a selfie with the portrait cut from a paper, both JPEG.

        Raises:
            ReaderAway: it cannot work now.
        """

    def find(self, *, selfie: bytes, apart_from: str) -> FaceMatch:
        """Look for the face among those that were remembered for other people; `apart_from` is a public id."""

    def remember(self, *, selfie: bytes, public_id: str) -> str:
        """Keep a face for `find`; return its id at the service, or an empty text if the engine keeps none."""

    def forget(self, references: tuple[str, ...]) -> None:
        """Erase faces that were kept, by their ids."""
