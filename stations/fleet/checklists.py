"""What is checked before a vehicle may be called ready, per kind of vehicle: codes and words.

The codes are stored with each preparation; the words may change, a code may not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stations.fleet.enums import VehicleKind


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a checklist, with a word on how to look."""

    code: str
    words: str | Promise
    hint: str | Promise = ""


PREPARATION: Mapping[str, tuple[Item, ...]] = {
    VehicleKind.CAR: (
        Item("cleaned", _("Đã rửa xe và dọn trong xe"), _("Không còn đồ của khách trước.")),
        Item("tyres", _("Lốp đủ hơi, không rách")),
        Item("lights", _("Đèn, xi nhan và còi hoạt động")),
        Item("brakes", _("Phanh và phanh tay tốt")),
        Item("warnings", _("Bảng đồng hồ không báo lỗi")),
        Item("cable", _("Đủ dây sạc và bộ dụng cụ")),
        Item("papers", _("Đủ giấy tờ xe và tem đăng kiểm")),
    ),
    VehicleKind.SCOOTER: (
        Item("cleaned", _("Đã lau xe, cốp trống")),
        Item("tyres", _("Lốp đủ hơi, không rách")),
        Item("lights", _("Đèn, xi nhan và còi hoạt động")),
        Item("brakes", _("Phanh trước và sau tốt")),
        Item("mirrors", _("Đủ hai gương")),
        Item("helmets", _("Hai mũ bảo hiểm sạch, khóa tốt")),
        Item("papers", _("Đủ giấy tờ xe")),
    ),
}


def preparation_items(kind: str) -> tuple[Item, ...]:
    """Return the preparation checklist of a kind of vehicle; every item is mandatory."""
    return PREPARATION[kind]


def missing(items: Iterable[Item], checked: Iterable[str]) -> list[Item]:
    """Return the items that are not among the checked codes, in the list's order."""
    done = set(checked)
    return [item for item in items if item.code not in done]
