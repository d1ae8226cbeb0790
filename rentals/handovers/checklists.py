"""What a joint inspection looks at, per kind of vehicle: checklist items and photo positions.

The codes are stored with each inspection; the words may change, a code may not.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from rentals.handovers.enums import InspectionKind
from stations.fleet.checklists import Item, missing
from stations.fleet.enums import VehicleKind

__all__ = ["Item", "items_of", "missing", "photo_label", "photos_of"]

_LOOKED = Item("exterior", _("Đã cùng khách xem quanh xe"))
_PAPERS = Item("papers", _("Có giấy tờ xe trong xe"))
_TERMS = Item("terms", _("Đã nhắc giờ trả, pin tối thiểu và số cứu hộ"))
_KEYS = Item("keys", _("Đủ chìa khóa, thẻ xe"))
_LEFT_BEHIND = Item("belongings", _("Khách không để quên đồ"))

PICKUP: Mapping[str, tuple[Item, ...]] = {
    VehicleKind.CAR: (
        _LOOKED,
        Item("tyres_lights", _("Lốp và đèn tốt")),
        Item("inside", _("Trong xe sạch, đủ dây an toàn")),
        Item("cable", _("Có dây sạc"), _("Chỉ cho khách chỗ cất và cách cắm.")),
        _PAPERS,
        Item("explained", _("Đã hướng dẫn khởi động, số và phanh")),
        _TERMS,
    ),
    VehicleKind.SCOOTER: (
        _LOOKED,
        Item("tyres_lights", _("Lốp và đèn tốt")),
        Item("brakes", _("Phanh trước và sau tốt")),
        Item("helmets", _("Đã giao hai mũ bảo hiểm")),
        Item("papers", _("Có giấy tờ xe trong cốp")),
        Item("explained", _("Đã hướng dẫn mở khóa và sạc")),
        _TERMS,
    ),
}
RETURN: Mapping[str, tuple[Item, ...]] = {
    VehicleKind.CAR: (
        _KEYS,
        _PAPERS,
        Item("cable", _("Đủ dây sạc và bộ dụng cụ")),
        Item("inside", _("Trong xe sạch, không mùi")),
        Item("warnings", _("Bảng đồng hồ không báo lỗi")),
        _LEFT_BEHIND,
    ),
    VehicleKind.SCOOTER: (
        _KEYS,
        Item("papers", _("Có giấy tờ xe trong cốp")),
        Item("helmets", _("Đủ hai mũ bảo hiểm")),
        Item("warnings", _("Màn hình không báo lỗi")),
        _LEFT_BEHIND,
    ),
}
ITEMS: Mapping[str, Mapping[str, tuple[Item, ...]]] = {
    InspectionKind.PICKUP: PICKUP,
    InspectionKind.RETURN: RETURN,
}

_SIDES = (
    Item("front", _("Phía trước")),
    Item("rear", _("Phía sau")),
    Item("left", _("Bên trái")),
    Item("right", _("Bên phải")),
)
PHOTOS: Mapping[str, tuple[Item, ...]] = {
    VehicleKind.CAR: (
        *_SIDES,
        Item("interior", _("Trong xe")),
        Item("dashboard", _("Bảng đồng hồ")),
    ),
    VehicleKind.SCOOTER: _SIDES,
}


def items_of(inspection_kind: str, vehicle_kind: str) -> tuple[Item, ...]:
    """Return the checklist. At pickup every item must be in order; at return what is not needs a note."""
    return ITEMS[inspection_kind][vehicle_kind]


def photos_of(vehicle_kind: str) -> tuple[Item, ...]:
    """Return the photo positions, all required at both ends, so that every pickup photo has its pair."""
    return PHOTOS[vehicle_kind]


def photo_label(position: str) -> str:
    """Return the words of a position."""
    items: Iterable[Item] = PHOTOS[VehicleKind.CAR]
    return next((str(item.words) for item in items if item.code == position), position)
