"""What was found at pickup and at return, as plain words for the contract and its addenda."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from functools import partial

from django.utils import translation
from django.utils.functional import Promise

from rentals.bookings.models import Booking
from rentals.contracts.handover import (
    AnsweredDamage,
    DamageClaim,
    DamageEntry,
    FoundDamage,
    HandoverRecord,
    PhotoEntry,
    PhotoPair,
    ReturnRecord,
    Words,
)
from rentals.handovers import checklists
from rentals.handovers.enums import DamageKind, InspectionKind
from rentals.handovers.models import DamageMark, Inspection, Settlement, SettlementLine
from stations.fleet.parts import part_label

# Which photographs show a part; any other part is seen from both sides.
SHOWN_ON: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("front_bumper", "hood", "windshield", "front", "handlebar", "front_wheel"), ("front",)),
    **dict.fromkeys(("rear_window", "trunk", "rear_bumper", "rear", "rear_wheel"), ("rear",)),
    **dict.fromkeys(("left_front", "left_rear"), ("left",)),
    **dict.fromkeys(("right_front", "right_rear"), ("right",)),
    "roof": ("front", "rear"),
    "equipment": ("interior", "dashboard"),
}
SIDES = ("left", "right")
# What a renter can have said to one claim; documents say both languages, so the words stand here.
ANSWERS: Mapping[str, Words] = {
    "accepted": Words(vi="đồng ý", en="accepted"),
    "lapsed": Words(vi="không khiếu nại trong thời hạn", en="no objection in time"),
    "refused": Words(vi="không đồng ý", en="refused"),
    "kept": Words(vi="đã khiếu nại, Bên A giữ nguyên", en="objected to, upheld by Party A"),
    "waived": Words(vi="đã khiếu nại, Bên A bỏ khoản này", en="objected to, dropped by Party A"),
}


def pickup_record(booking: Booking) -> HandoverRecord | None:
    """Return the completed pickup inspection of a booking, or None while there is none."""
    inspection = (
        Inspection.objects.filter(
            rental__booking=booking, kind=InspectionKind.PICKUP, completed_at__isnull=False
        )
        .select_related("by", "checklist", "rental__vehicle__model")
        .first()
    )
    if inspection is None or inspection.completed_at is None:
        return None
    return HandoverRecord(
        odometer_km=inspection.odometer_km or 0,
        battery_percent=inspection.battery_percent or 0,
        inspected_by=inspection.by.full_name,
        completed_at=inspection.completed_at.astimezone(UTC).isoformat(),
        note=inspection.note,
        checked=_checked(inspection),
        photos=_photos(inspection),
        damages=_damages(inspection),
    )


def return_record(
    settlement: Settlement, answers: Callable[[SettlementLine | None], str]
) -> ReturnRecord | None:
    """Return what was found when a rental came back, or None while its inspection is not completed.

    `answers` as for `damage_claims`; a mark that costs nothing has no answer.
    """
    rental = settlement.rental
    by_kind = {row.kind: row for row in rental.inspections.select_related("by", "checklist")}
    pickup, back = by_kind.get(InspectionKind.PICKUP), by_kind.get(InspectionKind.RETURN)
    if pickup is None or back is None or back.completed_at is None or rental.presented_at is None:
        return None
    charged = {line.damage_id: line for line in settlement.lines.exclude(damage=None)}
    return ReturnRecord(
        station=rental.return_station.name,
        presented_at=rental.presented_at.astimezone(UTC).isoformat(),
        completed_at=back.completed_at.astimezone(UTC).isoformat(),
        inspected_by=back.by.full_name,
        renter=rental.renter.full_name,
        pickup_odometer_km=pickup.odometer_km or 0,
        odometer_km=back.odometer_km or 0,
        pickup_battery_percent=pickup.battery_percent or 0,
        battery_percent=back.battery_percent or 0,
        is_dirty=back.is_dirty,
        note=back.note,
        checked=_checked(back),
        not_in_order=[_in_both(item.words) for item in checklists.list_of(back).unchecked(back.checked)],
        photos=_photo_pairs(pickup, back),
        damages=[
            AnsweredDamage(
                **_found(mark), answer=ANSWERS[answers(charged.get(mark.pk))] if mark.charge_amount else None
            )
            for mark in back.damages.order_by("pk")
        ],
    )


def damage_claims(
    settlement: Settlement, answers: Callable[[SettlementLine | None], str]
) -> list[DamageClaim]:
    """Return every charged mark of a return with the pictures of its place at pickup and what became of it.

    `answers` gets the line by which a mark is still charged, or None, and returns a key of ANSWERS.
    """
    rental = settlement.rental
    pickup = rental.inspections.select_related("checklist").get(kind=InspectionKind.PICKUP)
    pickup.rental = rental
    hashes = dict(pickup.photos.values_list("position", "sha256"))
    charged = {line.damage_id: line for line in settlement.lines.exclude(damage=None)}
    marks = DamageMark.objects.filter(
        inspection__rental=rental, inspection__kind=InspectionKind.RETURN, charge_amount__gt=0
    )
    claims = []
    for mark in marks.order_by("pk"):
        code = answers(charged.get(mark.pk))
        before = [
            PhotoEntry(**_in_both(checklists.position_words(position, pickup)), sha256=hashes[position])
            for position in SHOWN_ON.get(mark.part, SIDES)
            if position in hashes
        ]
        claims.append(DamageClaim(**_found(mark), before=before, answer=ANSWERS[code], answer_code=code))
    return claims


def _photo_pairs(pickup: Inspection, back: Inspection) -> list[PhotoPair]:
    before = dict(pickup.photos.values_list("position", "sha256"))
    after = dict(back.photos.values_list("position", "sha256"))
    return [
        PhotoPair(
            **_in_both(checklists.position_words(position, back, pickup)),
            before=before.get(position, ""),
            after=after.get(position, ""),
        )
        for position in _in_order({**before, **after}, back, pickup)
    ]


def _in_order(positions: Iterable[str], *inspections: Inspection) -> list[str]:
    """Return positions in the order of the lists, and behind them those that no list names any more."""
    listed = [photo.code for inspection in inspections for photo in checklists.photos_of(inspection)]
    place = {code: number for number, code in reversed(list(enumerate(listed)))}
    return sorted(positions, key=lambda position: (place.get(position, len(listed)), position))


def _found(mark: DamageMark) -> FoundDamage:
    return FoundDamage(
        part=_both(partial(part_label, mark.part)),
        kind=_words(DamageKind(mark.kind).label),
        note=mark.note,
        sha256=mark.photo_sha256,
        amount=mark.charge_amount,
    )


def _photos(inspection: Inspection) -> list[PhotoEntry]:
    hashes = dict(inspection.photos.values_list("position", "sha256"))
    return [
        PhotoEntry(**_in_both(checklists.position_words(position, inspection)), sha256=hashes[position])
        for position in _in_order(hashes, inspection)
    ]


def _checked(inspection: Inspection) -> list[Words]:
    """Return what was found in order, by the list that the inspection was made with."""
    return [_in_both(words) for words in checklists.words_of_codes(inspection, inspection.checked)]


def _damages(inspection: Inspection) -> list[DamageEntry]:
    return [
        DamageEntry(
            part=_both(partial(part_label, mark.part)),
            kind=_words(DamageKind(mark.kind).label),
            note=mark.note,
        )
        for mark in inspection.damages.order_by("pk")
    ]


def _in_both(words: checklists.Words) -> Words:
    return Words(vi=words.vi, en=words.en)


def _words(words: str | Promise) -> Words:
    return _both(lambda: str(words))


def _both(words: Callable[[], str]) -> Words:
    with translation.override("vi"):
        vi = words()
    with translation.override("en"):
        return Words(vi=vi, en=words())
