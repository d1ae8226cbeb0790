"""Reads a few synthetic photographs of every layout from end to end; tests/identity/report measures many."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest

from accounts.extraction.engines import get_engine
from accounts.extraction.engines.local import LocalEngine
from accounts.extraction.types import FieldName, Layout, Problem, ReaderAway, SideReading, Source
from tests.identity import cards, photos
from tests.identity.people import folded, make_person

ENGINE = LocalEngine()
CARD, LICENCE, PASSPORT = "citizen_card", "driving_licence", "passport"
KINDS = {
    Layout.CARD_2021_FRONT: (CARD, "front"),
    Layout.CARD_2021_BACK: (CARD, "back"),
    Layout.CARD_2024_FRONT: (CARD, "front"),
    Layout.CARD_2024_BACK: (CARD, "back"),
    Layout.LICENCE_FRONT: (LICENCE, "front"),
    Layout.LICENCE_BACK: (LICENCE, "back"),
    Layout.PASSPORT_PAGE: (PASSPORT, "front"),
}
PERSON = make_person(1003, card_form=2021, licence_form=2025)


@lru_cache(maxsize=16)
def sheet(layout: Layout):
    return cards.draw(layout, PERSON)


def shot(layout: Layout, severity: str = "good", **faults: object) -> bytes:
    return photos.photograph(sheet(layout), seed=41, severity=severity, **{"glare": 0.0, **faults})


def read(content: bytes, kind: str, side: str) -> SideReading:
    return ENGINE.read({side: content}, kind=kind).sides[side]


def values(reading: SideReading, source: Source) -> dict[FieldName, str]:
    return {field.name: field.value for field in reading.fields if field.source == source}


@pytest.mark.parametrize("layout", KINDS)
def test_every_layout_is_recognised_and_read(layout: Layout) -> None:
    kind, side = KINDS[layout]

    reading = read(shot(layout), kind, side)

    assert reading.quality.problem == ""
    assert reading.quality.layout == layout
    expected = EXPECTED[layout]
    for source in Source:
        assert values(reading, source).items() >= expected.get(source, {}).items()
    assert not reading.is_mrz_broken
    assert bool(reading.portrait) == (layout in HAVE_PORTRAITS)
    assert all(field.side == side and 0 < field.confidence <= 1 for field in reading.fields)


HAVE_PORTRAITS = {Layout.CARD_2021_FRONT, Layout.CARD_2024_FRONT, Layout.LICENCE_FRONT, Layout.PASSPORT_PAGE}
PRINTED = {
    FieldName.NUMBER: PERSON.number,
    FieldName.FULL_NAME: PERSON.full_name.upper(),
    FieldName.BORN_ON: PERSON.born_on.isoformat(),
}
ON_THE_CODE = {
    FieldName.NUMBER: PERSON.number,
    FieldName.FULL_NAME: PERSON.full_name,
    FieldName.BORN_ON: PERSON.born_on.isoformat(),
    FieldName.SEX: PERSON.sex,
    FieldName.ADDRESS: PERSON.address,
    FieldName.ISSUED_ON: PERSON.issued_on.isoformat(),
}
IN_THE_ZONE = {
    FieldName.NUMBER: PERSON.number,
    FieldName.FULL_NAME: " ".join(folded(PERSON.full_name).split()),
    FieldName.BORN_ON: PERSON.born_on.isoformat(),
    FieldName.SEX: PERSON.sex,
    FieldName.NATIONALITY: "VNM",
    FieldName.EXPIRES_ON: PERSON.expires_on.isoformat() if PERSON.expires_on else "none",
}
EXPECTED: dict[Layout, dict[Source, dict[FieldName, str]]] = {
    Layout.CARD_2021_FRONT: {Source.QR: ON_THE_CODE, Source.OCR: PRINTED},
    Layout.CARD_2021_BACK: {
        Source.MRZ: IN_THE_ZONE,
        Source.OCR: {FieldName.ISSUED_ON: PERSON.issued_on.isoformat()},
    },
    Layout.CARD_2024_FRONT: {Source.OCR: PRINTED},
    Layout.CARD_2024_BACK: {Source.QR: ON_THE_CODE, Source.MRZ: IN_THE_ZONE},
    Layout.LICENCE_FRONT: {
        Source.OCR: {
            **PRINTED,
            FieldName.NUMBER: PERSON.licence_number,
            FieldName.LICENCE_CLASSES: ",".join(PERSON.licence_classes),
            FieldName.ISSUED_ON: PERSON.licence_issued_on.isoformat(),
        }
    },
    Layout.LICENCE_BACK: {},
    Layout.PASSPORT_PAGE: {
        Source.MRZ: {
            **IN_THE_ZONE,
            FieldName.NUMBER: PERSON.passport_number,
            FieldName.EXPIRES_ON: PERSON.passport_expires_on.isoformat(),
        }
    },
}


def test_the_code_of_a_licence_is_kept_as_it_is() -> None:
    reading = read(shot(Layout.LICENCE_BACK), LICENCE, "back")

    assert PERSON.licence_number in reading.qr_text
    assert {field.source for field in reading.fields} <= {Source.OCR}


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_card_may_lie_any_way_round(turns: int) -> None:
    reading = read(shot(Layout.CARD_2021_BACK, quarter_turns=turns, fill=0.95), CARD, "back")

    assert reading.quality.layout == Layout.CARD_2021_BACK
    assert values(reading, Source.MRZ)[FieldName.NUMBER] == PERSON.number


@pytest.mark.parametrize(
    ("layout", "kind", "side", "problem"),
    [
        (Layout.CARD_2021_BACK, CARD, "front", Problem.WRONG_SIDE),
        (Layout.CARD_2021_FRONT, CARD, "back", Problem.WRONG_SIDE),
        (Layout.LICENCE_FRONT, LICENCE, "back", Problem.WRONG_SIDE),
        (Layout.LICENCE_FRONT, CARD, "front", Problem.WRONG_DOCUMENT),
        (Layout.CARD_2021_FRONT, LICENCE, "front", Problem.WRONG_DOCUMENT),
    ],
)
def test_another_side_or_paper_is_asked_for_again(layout: Layout, kind: str, side: str, problem: str) -> None:
    reading = read(shot(layout), kind, side)

    assert reading.quality.problem == problem
    assert reading.fields == ()


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        ({"blur": 4.0}, Problem.BLURRED),
        ({"shake": 21}, Problem.BLURRED),
        ({"light": 0.2}, Problem.TOO_DARK),
        ({"glare": 1.0, "glare_size": 0.35, "glare_at": (0.5, 0.5)}, Problem.GLARE),
        ({"fill": 0.25}, Problem.TOO_SMALL),
    ],
)
def test_a_bad_photograph_is_named_by_its_fault_and_not_read(faults: dict[str, Any], problem: str) -> None:
    reading = read(shot(Layout.CARD_2021_BACK, ground="plain", **faults), CARD, "back")

    assert reading.quality.problem == problem
    assert reading.fields == ()


@pytest.mark.parametrize("seed", range(4))
def test_a_table_a_receipt_keys_and_a_face_are_no_card(seed: int) -> None:
    assert read(photos.not_a_card(seed), CARD, "front").quality.problem == Problem.NOT_A_CARD


def jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def hostile() -> list[bytes]:
    rng = np.random.default_rng(9)
    return [
        b"",
        b"no picture",
        jpeg(np.zeros((1, 1, 3), np.uint8)),
        jpeg(np.full((40, 2400, 3), 200, np.uint8)),
        jpeg(np.full((2400, 7, 3), 200, np.uint8)),
        jpeg(rng.integers(0, 255, (900, 1350, 3), np.uint8)),
        jpeg((np.indices((900, 1350)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)),
        shot(Layout.CARD_2021_BACK)[:20_000],
    ]


@pytest.mark.parametrize("kind", [CARD, PASSPORT, "selfie", "foreign_licence"])
def test_whatever_the_picture_is_reading_ends_without_fields(kind: str) -> None:
    for content in hostile():
        assert read(content, kind, "front").fields == ()


def test_an_error_of_our_own_gives_an_empty_reading_and_a_line_without_data(monkeypatch, caplog) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("079095000123")

    monkeypatch.setattr("accounts.extraction.rectify.best_outline", broken)

    reading = read(shot(Layout.CARD_2021_BACK), CARD, "back")

    assert reading == SideReading(side="back")
    assert [record.getMessage() for record in caplog.records] == [
        "a citizen_card back could not be read: RuntimeError"
    ]


def test_a_selfie_is_judged_by_size_light_and_sharpness_alone() -> None:
    good = read(photos.selfie(5), "selfie", "front")
    small = read(jpeg(np.full((300, 220, 3), 128, np.uint8)), "selfie", "front")
    dark = read(jpeg(np.full((900, 700, 3), 12, np.uint8)), "selfie", "front")
    flat = read(jpeg(np.full((900, 700, 3), 128, np.uint8)), "selfie", "front")

    assert [each.quality.problem for each in (good, small, dark, flat)] == [
        "",
        Problem.TOO_SMALL,
        Problem.TOO_DARK,
        Problem.BLURRED,
    ]


def test_without_its_letters_the_reader_is_away(monkeypatch) -> None:
    from accounts.extraction import ocr

    ocr._api.cache_clear()
    monkeypatch.setattr("voltgo.core.tessdata.FOLDERS", (("/nowhere", "tessdata"),))

    with pytest.raises(ReaderAway, match="tesseract-ocr-vie is not installed"):
        ENGINE.read({"front": b""}, kind=CARD)


def test_engines_are_chosen_by_name_and_setting(settings) -> None:
    settings.KYC_READER = "none"

    with pytest.raises(ReaderAway):
        get_engine().read({}, kind=CARD)
    assert get_engine("local").name == "local"
    with pytest.raises(ValueError, match="no reader is called 'abbyy'"):
        get_engine("abbyy")
