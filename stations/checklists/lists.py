"""A checklist as plain values: what pages, tablets and records read. Knows no database."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both languages; as text, those of the reader."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.vi

    def __bool__(self) -> bool:
        return bool(self.vi)

    def as_json(self) -> dict[str, str]:
        return {"vi": self.vi, "en": self.en}


NO_WORDS = Words("", "")


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a checklist, with a word on how to look."""

    code: str
    words: Words
    hint: Words = NO_WORDS
    component: str = ""
    is_mandatory: bool = True


@dataclass(frozen=True, slots=True)
class Photo:
    """One position from which a vehicle is photographed, and the drawing that shows how."""

    code: str
    words: Words
    # A file of static/img/outlines, or nothing.
    outline: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a list: its points and photo positions, in their order."""

    code: str
    version: int
    purpose: str
    vehicle_kind: str
    items: tuple[Item, ...]
    photos: tuple[Photo, ...] = ()

    def unchecked(self, checked: Collection[str]) -> list[Item]:
        """Return the mandatory points that are not among the checked codes, in the list's order."""
        return [item for item in self.items if item.is_mandatory and item.code not in checked]

    def untaken(self, taken: Collection[str]) -> list[Photo]:
        """Return the required positions that are not among the photographed ones."""
        return [photo for photo in self.photos if photo.is_required and photo.code not in taken]

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    def photo(self, code: str) -> Photo | None:
        return next((photo for photo in self.photos if photo.code == code), None)

    def as_json(self) -> dict[str, Any]:
        """Return the list as tablets keep it and as it is frozen when it is published."""
        return {
            "code": self.code,
            "version": self.version,
            "purpose": self.purpose,
            "vehicle_kind": self.vehicle_kind,
            "items": [
                {
                    "code": item.code,
                    "component": item.component,
                    "words": item.words.as_json(),
                    "hint": item.hint.as_json(),
                    "is_mandatory": item.is_mandatory,
                }
                for item in self.items
            ],
            "photos": [
                {
                    "code": photo.code,
                    "words": photo.words.as_json(),
                    "outline": photo.outline,
                    "is_required": photo.is_required,
                }
                for photo in self.photos
            ],
        }

    @classmethod
    def from_json(cls, values: Json) -> "Checklist":
        return cls(
            code=values["code"],
            version=values["version"],
            purpose=values["purpose"],
            vehicle_kind=values["vehicle_kind"],
            items=tuple(
                Item(
                    each["code"],
                    Words(**each["words"]),
                    Words(**each["hint"]),
                    each["component"],
                    each["is_mandatory"],
                )
                for each in values["items"]
            ),
            photos=tuple(
                Photo(each["code"], Words(**each["words"]), each["outline"], each["is_required"])
                for each in values["photos"]
            ),
        )


def sha256_of(checklist: Checklist) -> str:
    """Return the hash over everything that a list asks, by which a version is known again."""
    text = json.dumps(checklist.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def by_component(items: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Return the points by component, both in the order in which they first come."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.component, []).append(item)
    return list(found.items())
