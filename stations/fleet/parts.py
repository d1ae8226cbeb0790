"""The parts of a vehicle on which damage is marked, per kind of vehicle: codes and words.

The drawings in templates/components/drawings/ name the same codes.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stations.fleet.enums import VehicleKind

Words = str | Promise

CAR_PARTS: Mapping[str, Words] = {
    "front_bumper": _("Cản trước"),
    "hood": _("Nắp ca-pô"),
    "windshield": _("Kính trước"),
    "roof": _("Nóc xe"),
    "left_front": _("Bên trái, phía trước"),
    "left_rear": _("Bên trái, phía sau"),
    "right_front": _("Bên phải, phía trước"),
    "right_rear": _("Bên phải, phía sau"),
    "rear_window": _("Kính sau"),
    "trunk": _("Cốp xe"),
    "rear_bumper": _("Cản sau"),
}
SCOOTER_PARTS: Mapping[str, Words] = {
    "front": _("Đầu xe"),
    "handlebar": _("Tay lái"),
    "body": _("Thân xe"),
    "seat": _("Yên xe"),
    "rear": _("Đuôi xe"),
    "front_wheel": _("Bánh trước"),
    "rear_wheel": _("Bánh sau"),
}
# What no drawing shows: the inside, keys, cables, helmets.
EQUIPMENT = "equipment"
EVERYWHERE: Mapping[str, Words] = {EQUIPMENT: _("Nội thất, phụ kiện")}

PARTS: Mapping[str, Mapping[str, Words]] = {
    VehicleKind.CAR: {**CAR_PARTS, **EVERYWHERE},
    VehicleKind.SCOOTER: {**SCOOTER_PARTS, **EVERYWHERE},
}


def parts_of(kind: str) -> Mapping[str, Words]:
    """Return {code: words} of a kind of vehicle."""
    return PARTS[kind]


def part_label(code: str) -> str:
    """Return the words of a part; a code that is no longer known stands for itself."""
    for parts in PARTS.values():
        if code in parts:
            return str(parts[code])
    return code
