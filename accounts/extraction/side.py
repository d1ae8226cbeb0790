"""Reads one photograph: finds the card, judges the picture, and only then reads what stands on it."""

import logging
from dataclasses import dataclass, replace

from accounts.extraction import fields, layouts, machine_zone, picture, qr, qr_text, quality, rectify
from accounts.extraction.layouts import CodeOnCard, Recognised
from accounts.extraction.picture import Image, gray
from accounts.extraction.qr import QrCode
from accounts.extraction.rectify import CARD_ASPECT, PASSPORT_ASPECT, FlatCard
from accounts.extraction.types import (
    FieldName,
    FieldReading,
    Layout,
    Problem,
    Quality,
    ReaderAway,
    SideReading,
    Source,
)
from accounts.extraction.zones import FIELDS, PORTRAITS

logger = logging.getLogger(__name__)

SELFIE = "selfie"
PASSPORT = "passport"
# How far the sides' ratio of a scan, cut to the card, may be from a card's.
SCAN_TOLERANCE = 0.08
WITH_CODE = frozenset({Layout.CARD_2021_FRONT, Layout.CARD_2024_BACK, Layout.LICENCE_BACK})
WITH_ZONE = frozenset({Layout.CARD_2021_BACK, Layout.CARD_2024_BACK, Layout.PASSPORT_PAGE})
# Said elsewhere on the paper as well.
MAY_BE_MISSING = frozenset({FieldName.SEX})


@dataclass(frozen=True, slots=True)
class _Photo:
    """A decoded photograph with what was found on it so far."""

    pixels: Image
    brightness: Image
    card: FlatCard | None
    code: QrCode | None


def read_side(jpeg: bytes, *, side: str, kind: str) -> SideReading:
    """Read one photograph of a paper of this kind; whatever goes wrong with it gives an empty reading.

    Raises:
        ReaderAway: Tesseract or what it knows of letters is not installed.
    """
    try:
        return _read_side(jpeg, side, kind)
    except ReaderAway:
        raise
    except Exception as error:  # noqa: BLE001 (one strange picture must not lose the paper)
        # Only the kind of error: its text and the picture are somebody's data.
        logger.warning("a %s %s could not be read: %s", kind, side, type(error).__name__)
        return SideReading(side=side)


def _read_side(jpeg: bytes, side: str, kind: str) -> SideReading:
    pixels = picture.decode(jpeg)
    if pixels is None:
        return SideReading(side=side)
    if kind == SELFIE:
        return SideReading(side=side, quality=quality.measure_selfie(pixels))
    expected = layouts.EXPECTED.get(kind, {}).get(side)
    if expected is None:
        # A paper from abroad, of any size and form: no layout to look for.
        return SideReading(side=side, quality=_quality_of_any(pixels))
    photo = _looked_over(pixels, kind)
    if photo.card is None:
        return _without_card(photo, side)
    measured = quality.measure(photo.card.image, card_width=photo.card.width)
    if measured.problem == Problem.GLARE and quality.may_be_read_despite_glare(measured):
        return _despite_glare(_read_card(photo, photo.card, measured, side, kind), measured)
    if measured.problem:
        return SideReading(side=side, quality=measured, qr_text=photo.code.text if photo.code else "")
    return _read_card(photo, photo.card, measured, side, kind)


def _despite_glare(reading: SideReading, measured: Quality) -> SideReading:
    """Let a photograph with glare pass if nothing is missing for it, else ask for another."""
    if reading.quality.problem or _is_complete(reading):
        return reading
    return SideReading(
        side=reading.side, quality=replace(measured, layout=reading.quality.layout), qr_text=reading.qr_text
    )


def _is_complete(reading: SideReading) -> bool:
    """Say whether every source that this layout has was read."""
    layout = reading.quality.layout
    sources = {field.source for field in reading.fields}
    printed = {field.name for field in reading.fields if field.source == Source.OCR}
    return (
        layout != Layout.UNKNOWN
        and (layout not in WITH_CODE or bool(reading.qr_text))
        and (layout not in WITH_ZONE or Source.MRZ in sources)
        and printed >= set(FIELDS.get(Layout(layout), {})) - MAY_BE_MISSING
    )


def _looked_over(pixels: Image, kind: str) -> _Photo:
    """Find the card and its QR code, the code as cheaply as it can be had."""
    aspect = PASSPORT_ASPECT if kind == PASSPORT else CARD_ASPECT
    brightness = gray(pixels)
    found = rectify.best_outline(pixels, aspect=aspect)
    card = None
    if found is not None:
        card = rectify.flatten(pixels, found[0], score=found[1], aspect=aspect)
    elif _is_scan(pixels, aspect):
        card = rectify.flatten(pixels, rectify.whole_picture(pixels), score=0.0, aspect=aspect)
    code = None if kind == PASSPORT else qr.read_photo(brightness, is_thorough=False)
    return _Photo(pixels, brightness, card, code)


def _is_scan(pixels: Image, aspect: float) -> bool:
    sides: list[int] = sorted(pixels.shape[:2])
    return abs(sides[1] / sides[0] / aspect - 1) < SCAN_TOLERANCE


def _without_card(photo: _Photo, side: str) -> SideReading:
    """A code alone is still worth having: the photograph shows a paper, but too little of it."""
    code = photo.code or qr.read_photo(photo.brightness, is_thorough=True)
    measured = Quality(
        sharpness=quality.sharpness(photo.brightness), brightness=float(photo.brightness.mean())
    )
    if code is None:
        return SideReading(side=side, quality=replace(measured, problem=_problem_without_card(measured)))
    read = _citizens(code)
    return SideReading(
        side=side,
        quality=measured,
        qr_text=code.text,
        fields=() if read is None else fields.from_qr(read, side),
    )


def _problem_without_card(measured: Quality) -> str:
    """Nobody can find a card in the dark or in a blur: then that is what is to be mended."""
    if measured.brightness < quality.MIN_BRIGHTNESS / 2:
        return Problem.TOO_DARK
    return Problem.NOT_A_CARD


def _quality_of_any(pixels: Image) -> Quality:
    """Judge the picture of a paper whose form is not known, as a whole or as the card found in it."""
    found = rectify.best_outline(pixels)
    corners = rectify.whole_picture(pixels) if found is None else found[0]
    card = rectify.flatten(pixels, corners)
    return quality.measure(card.image, card_width=card.width)


def _read_card(photo: _Photo, card: FlatCard, measured: Quality, side: str, kind: str) -> SideReading:
    code = photo.code
    seen = layouts.recognise(card, code=_on_card(code, card), is_passport=kind == PASSPORT)
    if seen.layout == Layout.UNKNOWN and card.score == 0:
        # The picture itself was taken for the card, and nothing on it speaks for that.
        return SideReading(side=side, quality=replace(measured, problem=Problem.NOT_A_CARD))
    problem = _wrong(seen.layout, side, kind)
    measured = replace(measured, layout=seen.layout, problem=problem)
    if problem:
        return SideReading(side=side, quality=measured)
    if code is None and seen.layout in {*WITH_CODE, Layout.UNKNOWN}:
        code = qr.read_photo(photo.brightness, is_thorough=True) or qr.read_flat(gray(seen.card.image))
    return _with_fields(seen, code, measured, side)


def _with_fields(seen: Recognised, code: QrCode | None, measured: Quality, side: str) -> SideReading:
    found: list[FieldReading] = []
    citizens = _citizens(code) if seen.layout != Layout.LICENCE_BACK else None
    if citizens is not None:
        found += fields.from_qr(citizens, side)
    is_broken = False
    if seen.bands:
        kind = "TD3" if seen.layout == Layout.PASSPORT_PAGE else "TD1"
        zone, name_confidence = machine_zone.read(seen.card.image, kind, list(seen.bands))
        is_broken = zone is not None and not zone.is_valid
        if zone is not None and zone.is_valid:
            found += fields.from_zone(zone, side, name_confidence=name_confidence)
    if seen.layout == Layout.LICENCE_BACK:
        found += fields.from_table(seen.card.image, side)
    else:
        found += fields.from_print(seen.card.image, seen.layout, side)
    return SideReading(
        side=side,
        quality=measured,
        fields=tuple(found),
        qr_text=code.text if code else "",
        is_mrz_broken=is_broken,
        portrait=_portrait(seen),
    )


def _wrong(layout: Layout, side: str, kind: str) -> str:
    """Say whether another side or another paper was photographed; an unknown layout is for a person to judge."""
    sides = layouts.EXPECTED[kind]
    if layout == Layout.UNKNOWN or layout in sides[side]:
        return ""
    if any(layout in shown for shown in sides.values()):
        return Problem.WRONG_SIDE
    return Problem.WRONG_DOCUMENT


def _on_card(code: QrCode | None, card: FlatCard) -> CodeOnCard | None:
    if code is None:
        return None
    across, _down = rectify.place_on(card, code.x, code.y)
    return CodeOnCard(is_citizens=_citizens(code) is not None, is_on_the_right=across > 0.5)


def _citizens(code: QrCode | None) -> qr_text.CardQr | None:
    if code is None:
        return None
    try:
        return qr_text.parse_card(code.text)
    except qr_text.NotCardText:
        return None


def _portrait(seen: Recognised) -> bytes:
    zone = PORTRAITS.get(seen.layout)
    if zone is None:
        return b""
    height, width = seen.card.image.shape[:2]
    return picture.encode(seen.card.image[zone.of(width, height)])
