"""The first lists: what was looked at before lists were rows. Read by a migration, and where the table is empty.

Named in a migration, and the codes are stored with every inspection before it: keep both as they are.
"""

from collections.abc import Iterable
from datetime import date

from stations.checklists.enums import Component, Purpose
from stations.checklists.lists import NO_WORDS, Checklist, Item, Photo, Words
from stations.kinds import VehicleKind

VERSION = 1
VALID_FROM = date(2026, 11, 1)
NOTE = "Danh mục đầu tiên."


def _item(component: Component, code: str, vi: str, en: str, hint: Words = NO_WORDS) -> Item:
    return Item(code, Words(vi, en), hint, component.value)


_LOOKED = _item(
    Component.OUTSIDE, "exterior", "Đã cùng khách xem quanh xe", "Walked around the vehicle with the renter"
)
_TYRES_LIGHTS = _item(Component.SAFETY, "tyres_lights", "Lốp và đèn tốt", "Tyres and lights are good")
_BRAKES = _item(Component.SAFETY, "brakes", "Phanh trước và sau tốt", "Front and rear brakes are good")
_PAPERS = _item(Component.DOCUMENTS, "papers", "Có giấy tờ xe trong xe", "Vehicle papers are in the vehicle")
_PAPERS_IN_BOX = _item(
    Component.DOCUMENTS, "papers", "Có giấy tờ xe trong cốp", "Vehicle papers are in the top box"
)
_TERMS = _item(
    Component.RENTER,
    "terms",
    "Đã nhắc giờ trả, pin tối thiểu và số cứu hộ",
    "Return time, minimum battery and roadside number explained",
)
_KEYS = _item(Component.DOCUMENTS, "keys", "Đủ chìa khóa, thẻ xe", "All keys and cards present")
_CABLE = _item(
    Component.CHARGING, "cable", "Đủ dây sạc và bộ dụng cụ", "Charging cable and tool kit complete"
)
_WARNINGS = _item(Component.SAFETY, "warnings", "Bảng đồng hồ không báo lỗi", "No warning on the dashboard")
_BELONGINGS = _item(Component.RENTER, "belongings", "Khách không để quên đồ", "Renter left nothing behind")
_TYRES = _item(Component.SAFETY, "tyres", "Lốp đủ hơi, không rách", "Tyres full and undamaged")
_LIGHTS = _item(
    Component.SAFETY, "lights", "Đèn, xi nhan và còi hoạt động", "Lights, indicators and horn work"
)

ITEMS: dict[tuple[Purpose, VehicleKind], tuple[Item, ...]] = {
    (Purpose.PICKUP, VehicleKind.CAR): (
        _LOOKED,
        _TYRES_LIGHTS,
        _item(
            Component.INSIDE,
            "inside",
            "Trong xe sạch, đủ dây an toàn",
            "Clean inside, seat belts complete",
        ),
        _item(
            Component.CHARGING,
            "cable",
            "Có dây sạc",
            "Charging cable present",
            Words(
                "Chỉ cho khách chỗ cất và cách cắm.", "Show the renter where it is kept and how to plug in."
            ),
        ),
        _PAPERS,
        _item(
            Component.RENTER,
            "explained",
            "Đã hướng dẫn khởi động, số và phanh",
            "Starting, gears and brakes explained",
        ),
        _TERMS,
    ),
    (Purpose.PICKUP, VehicleKind.SCOOTER): (
        _LOOKED,
        _TYRES_LIGHTS,
        _BRAKES,
        _item(Component.SAFETY, "helmets", "Đã giao hai mũ bảo hiểm", "Two helmets handed over"),
        _PAPERS_IN_BOX,
        _item(
            Component.RENTER,
            "explained",
            "Đã hướng dẫn mở khóa và sạc",
            "Unlocking and charging explained",
        ),
        _TERMS,
    ),
    (Purpose.RETURN, VehicleKind.CAR): (
        _KEYS,
        _PAPERS,
        _CABLE,
        _item(Component.INSIDE, "inside", "Trong xe sạch, không mùi", "Clean inside, no smell"),
        _WARNINGS,
        _BELONGINGS,
    ),
    (Purpose.RETURN, VehicleKind.SCOOTER): (
        _KEYS,
        _PAPERS_IN_BOX,
        _item(Component.SAFETY, "helmets", "Đủ hai mũ bảo hiểm", "Both helmets present"),
        _item(Component.SAFETY, "warnings", "Màn hình không báo lỗi", "No warning on the display"),
        _BELONGINGS,
    ),
    (Purpose.PREPARATION, VehicleKind.CAR): (
        _item(
            Component.INSIDE,
            "cleaned",
            "Đã rửa xe và dọn trong xe",
            "Washed, and tidied inside",
            Words("Không còn đồ của khách trước.", "No belongings of the last renter left."),
        ),
        _TYRES,
        _LIGHTS,
        _item(Component.SAFETY, "brakes", "Phanh và phanh tay tốt", "Brakes and handbrake are good"),
        _WARNINGS,
        _CABLE,
        _item(
            Component.DOCUMENTS,
            "papers",
            "Đủ giấy tờ xe và tem đăng kiểm",
            "Papers and inspection sticker complete",
        ),
    ),
    (Purpose.PREPARATION, VehicleKind.SCOOTER): (
        _item(Component.INSIDE, "cleaned", "Đã lau xe, cốp trống", "Wiped down, top box empty"),
        _TYRES,
        _LIGHTS,
        _BRAKES,
        _item(Component.SAFETY, "mirrors", "Đủ hai gương", "Both mirrors in place"),
        _item(
            Component.SAFETY, "helmets", "Hai mũ bảo hiểm sạch, khóa tốt", "Two clean helmets, buckles good"
        ),
        _item(Component.DOCUMENTS, "papers", "Đủ giấy tờ xe", "Papers complete"),
    ),
}

_SIDES = (
    ("front", Words("Phía trước", "Front")),
    ("rear", Words("Phía sau", "Rear")),
    ("left", Words("Bên trái", "Left")),
    ("right", Words("Bên phải", "Right")),
)
POSITIONS = {
    VehicleKind.CAR: (
        *_SIDES,
        ("interior", Words("Trong xe", "Inside")),
        ("dashboard", Words("Bảng đồng hồ", "Dashboard")),
    ),
    VehicleKind.SCOOTER: _SIDES,
}


def checklist(purpose: str, vehicle_kind: str) -> Checklist:
    """Return the first list of a purpose for a kind of vehicle."""
    purpose, kind = Purpose(purpose), VehicleKind(vehicle_kind)
    positions: Iterable[tuple[str, Words]] = () if purpose == Purpose.PREPARATION else POSITIONS[kind]
    return Checklist(
        code=f"{purpose.value}-{kind.value}",
        version=VERSION,
        purpose=purpose.value,
        vehicle_kind=kind.value,
        items=ITEMS[purpose, kind],
        photos=tuple(Photo(code, words, f"{kind.value}-{code}.svg") for code, words in positions),
    )


def checklists() -> list[Checklist]:
    return [checklist(purpose, kind) for purpose, kind in ITEMS]
