"""What a command says, as pairs for people; numbers of papers only by their end."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.cash.enums import SessionState
from rentals.bookings.enums import BookingState
from rentals.contracts.enums import ContractState
from rentals.handovers.enums import DamageKind, RentalState
from rentals.sync import moments
from rentals.sync.models import SyncCommand
from stations.checklists.enums import Purpose
from stations.checklists.selectors import words_of_position
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.fleet.parts import part_label
from voltgo.core import clock
from voltgo.core.money import format_dong

LABELS: Mapping[str, str | Promise] = {
    "booking": gettext_lazy("Lượt đặt"),
    "vehicle": gettext_lazy("Xe"),
    "began_at": gettext_lazy("Bắt đầu lúc"),
    "keys_at": gettext_lazy("Giao chìa khóa lúc"),
    "presented_at": gettext_lazy("Xe về lúc"),
    "finished_at": gettext_lazy("Xong lúc"),
    "starts_at": gettext_lazy("Nhận xe lúc"),
    "ends_at": gettext_lazy("Hẹn trả lúc"),
    "odometer_km": gettext_lazy("Số km"),
    "battery_percent": gettext_lazy("Pin (%)"),
    "is_dirty": gettext_lazy("Xe bẩn"),
    "note": gettext_lazy("Ghi chú"),
    "text": gettext_lazy("Nội dung"),
    "reason": gettext_lazy("Lý do"),
    "severity": gettext_lazy("Mức độ"),
    "part": gettext_lazy("Bộ phận"),
    "acceptance": gettext_lazy("Khách chấp nhận"),
    "amount": gettext_lazy("Số tiền"),
    "tendered": gettext_lazy("Khách đưa"),
    "total": gettext_lazy("Tiền thuê"),
    "deposit": gettext_lazy("Tiền cọc"),
    "extra": gettext_lazy("Phát sinh"),
    "captured": gettext_lazy("Trừ vào cọc"),
    "released": gettext_lazy("Hoàn cọc"),
    "debt": gettext_lazy("Còn phải trả"),
    "bag": gettext_lazy("Số niêm phong"),
    "name": gettext_lazy("Họ và tên"),
    "phone": gettext_lazy("Điện thoại"),
    "email": gettext_lazy("Email"),
    "number": gettext_lazy("Số"),
    "version": gettext_lazy("Bản"),
    # What the server has.
    "state": gettext_lazy("Trạng thái"),
    "rental": gettext_lazy("Chuyến"),
    "started_at": gettext_lazy("Nhận xe lúc"),
    "returned_at": gettext_lazy("Nhận lại xe lúc"),
    "gone": gettext_lazy("Xe đã đi"),
    "promised": gettext_lazy("Xe đã hứa"),
    "missing": gettext_lazy("Còn thiếu"),
    "taken": gettext_lazy("Đã thu"),
    "asked": gettext_lazy("Đang chờ thu"),
    "difference": gettext_lazy("Chênh lệch"),
    "shown": gettext_lazy("Bản đã xem"),
    "current": gettext_lazy("Bản hiện hành"),
    "reasons": gettext_lazy("Lý do"),
    "condition": gettext_lazy("Tình trạng xe"),
    "last_km": gettext_lazy("Số km lần trước"),
    "person": gettext_lazy("Nhân viên"),
    "accounts": gettext_lazy("Số tài khoản trùng"),
    "refusal": gettext_lazy("Mã từ chối"),
}
INSIDE = ("renter", "pickup", "price", "cash", "shown", "contract", "licence")
MONEY = frozenset(
    {"amount", "tendered", "total", "deposit", "extra", "captured", "released", "debt", "taken", "difference"}
)
WITH_TIME = frozenset(
    {
        "began_at",
        "keys_at",
        "presented_at",
        "finished_at",
        "starts_at",
        "ends_at",
        "started_at",
        "returned_at",
    }
)
ROLES: Mapping[str, str | Promise] = {
    "photo": gettext_lazy("Ảnh xe"),
    "mark": gettext_lazy("Ảnh vết hư hại"),
    "signature:renter": gettext_lazy("Chữ ký của khách"),
    "signature:staff": gettext_lazy("Chữ ký của nhân viên"),
    "paper": gettext_lazy("Giấy tờ của khách"),
    "scan": gettext_lazy("Bản chụp phiếu"),
}
VEHICLES = frozenset({"vehicle", "gone", "promised"})
STATES: Mapping[str, Mapping[str, str | Promise]] = {
    "state": dict([*SessionState.choices, *ContractState.choices, *BookingState.choices]),
    "rental": dict(RentalState.choices),
    "condition": dict(Condition.choices),
}
Pair = tuple[str, str]


def carried(command: SyncCommand) -> list[Pair]:
    """Return what a command says, as labels and values."""
    payload = command.body.get("payload")
    if not isinstance(payload, dict):
        return []
    return [*_pairs(payload, command), *_marks(payload)]


def found(values: Mapping[str, Any]) -> list[Pair]:
    """Return what the server had instead, as labels and values."""
    return [
        (str(LABELS[name]), _value(name, value, None))
        for name, value in values.items()
        if name in LABELS and value not in (None, "", [])
    ]


def role_label(role: str) -> str:
    """Return what a file of a command is called."""
    of, _colon, position = role.partition(":")
    words = words_of_position(position, purpose=Purpose.PICKUP, kind="") if of == "photo" else None
    if words is not None:
        return str(words)
    return str(ROLES.get(role) or ROLES.get(role.partition(":")[0]) or role)


def _pairs(values: Mapping[str, Any], command: SyncCommand) -> Iterator[Pair]:
    for name, value in values.items():
        if name in INSIDE and isinstance(value, dict):
            yield from _pairs(value, command)
        elif name in LABELS and isinstance(value, str | int) and value != "":
            yield str(LABELS[name]), _value(name, value, command)


def _value(name: str, value: Any, command: SyncCommand | None) -> str:
    if isinstance(value, bool):
        return _("có") if value else _("không")
    if isinstance(value, list):
        return ", ".join(_value("amount" if name == "asked" else name, item, command) for item in value)
    if name in MONEY and isinstance(value, int):
        return format_dong(value)
    if name in STATES:
        return str(STATES[name].get(value, value)).capitalize()
    if name in VEHICLES:
        vehicle = Vehicle.objects.filter(code=str(value)[:20]).select_related("model").first()
        return str(vehicle) if vehicle is not None else str(value)
    if name in WITH_TIME:
        return _moment(value, command)
    text = str(value)
    # Of a licence only its end is needed to recognise it.
    return f"•••{text[-3:]}" if name == "number" and text.isdigit() else text[:300]


def _moment(value: Any, command: SyncCommand | None) -> str:
    moment = moments.read(value)
    if moment is None:
        return str(value)[:40]
    if command is not None:
        late = max(moment, command.received_at)
        moment = moments.corrected(moment, command.offset_ms, received_at=late)
    return f"{clock.local(moment):%H:%M %d/%m/%Y}"


def _marks(payload: Mapping[str, Any]) -> Iterator[Pair]:
    kinds: Mapping[str, Any] = dict(DamageKind.choices)
    label: Callable[[str], str] = part_label
    marks = payload.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        if isinstance(mark, dict):
            words = (
                label(str(mark.get("part"))),
                str(kinds.get(str(mark.get("kind")), "")),
                str(mark.get("note") or ""),
            )
            yield _("Vết hư hại"), " · ".join(word for word in words if word)
