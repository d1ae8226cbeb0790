"""What a version asks otherwise than another one, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from stations.checklists.enums import Component
from stations.checklists.lists import Checklist, Item, Photo


@dataclass(frozen=True, slots=True)
class Difference:
    """One point or position: what was asked, and what will be; an empty side came or went."""

    code: str
    before: str
    after: str


def differences(before: Checklist, after: Checklist) -> list[Difference]:
    """Return what differs, points first, each in the reader's words."""
    return [
        *_differing(
            {item.code: _of_item(item) for item in before.items},
            {item.code: _of_item(item) for item in after.items},
        ),
        *_differing(
            {photo.code: _of_photo(photo) for photo in before.photos},
            {photo.code: _of_photo(photo) for photo in after.photos},
        ),
    ]


def _differing(before: dict[str, str], after: dict[str, str]) -> Iterator[Difference]:
    for code in {**after, **before}:
        old, new = before.get(code, ""), after.get(code, "")
        if old != new:
            yield Difference(code, old, new)
    kept = [code for code in after if code in before]
    if kept != [code for code in before if code in after]:
        yield Difference("", _("thứ tự cũ"), _("thứ tự mới"))


def _of_item(item: Item) -> str:
    parts = [Component(item.component).label, item.words.vi, item.words.en]
    parts += [words for words in (item.hint.vi, item.hint.en) if words]
    return " · ".join(str(part) for part in [*parts, _needed(is_needed=item.is_mandatory)])


def _of_photo(photo: Photo) -> str:
    parts = [_("Ảnh"), photo.words.vi, photo.words.en, photo.outline, _needed(is_needed=photo.is_required)]
    return " · ".join(part for part in parts if part)


def _needed(*, is_needed: bool) -> str:
    return _("bắt buộc") if is_needed else _("không bắt buộc")
