"""The names that a wording may put in braces, and what they stand for in one contract.

They are replaced as plain text, once: no template language, no name besides these, and a value that has braces
in it stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from voltgo.core.money import format_dong

NAME = re.compile(r"\{([a-z][a-z_.]*)\}")
# A quote from before there were frozen rules has none of them.
UNKNOWN = "–"

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """One name: what it means to whoever writes, and where it stands in a contract's data."""

    meaning: StrOrPromise
    read: Callable[[Data], Any]
    is_money: bool = False

    def words(self, data: Data) -> str:
        found = self.read(data)
        if found is None or found == "":
            return UNKNOWN
        return format_dong(int(found)) if self.is_money else str(found)


def _term(name: str) -> Callable[[Data], Any]:
    return lambda data: data["terms"].get(name)


def _at(*path: str) -> Callable[[Data], Any]:
    def read(data: Data) -> Any:
        for name in path:
            data = data[name]
        return data

    return read


VALUES: Mapping[str, Value] = {
    "company.name": Value(_("tên công ty"), _at("company", "name")),
    "company.phone": Value(_("số điện thoại của công ty"), _at("company", "phone")),
    "company.email": Value(_("email của công ty"), _at("company", "email")),
    "booking.code": Value(_("mã đặt xe"), _at("booking")),
    "vehicle.plate": Value(_("biển số xe"), _at("vehicle", "plate")),
    "rent.total": Value(_("tổng tiền thuê"), _at("total"), is_money=True),
    "deposit": Value(_("tiền cọc bảo đảm"), _at("deposit"), is_money=True),
    "km.included": Value(_("số km đã gồm cho cả chuyến"), _at("included_km")),
    "km.included_per_day": Value(_("số km đã gồm mỗi 24 giờ"), _term("included_km_per_day")),
    "km.extra": Value(_("giá mỗi km vượt"), _term("extra_km_amount"), is_money=True),
    "battery.return_percent": Value(
        _("mức pin tối thiểu khi trả, phần trăm"), _term("return_battery_percent")
    ),
    "battery.fee": Value(_("phí cho mỗi 10 % pin thiếu"), _term("energy_fee_amount"), is_money=True),
    "late.grace_minutes": Value(_("số phút trễ không tính phí"), _term("late_grace_minutes")),
    "late.first_hour": Value(_("phí trễ giờ đầu"), _term("late_first_hour_amount"), is_money=True),
    "late.next_hour": Value(_("phí trễ mỗi giờ sau"), _term("late_next_hour_amount"), is_money=True),
    "late.cap": Value(_("phí trễ nhiều nhất"), _at("late_cap"), is_money=True),
    "cancel.free_hours": Value(_("hủy miễn phí: số giờ trước giờ nhận"), _at("cancel", "free_hours")),
    "cancel.half_hours": Value(_("hoàn một phần: số giờ trước giờ nhận"), _at("cancel", "half_hours")),
    "cancel.half_percent": Value(_("hoàn một phần: bao nhiêu phần trăm"), _at("cancel", "half_percent")),
    "cancel.fresh_hours": Value(_("đặt sát giờ: số giờ được hủy miễn phí"), _at("cancel", "fresh_hours")),
    "objection_hours": Value(_("số giờ để khiếu nại quyết toán"), _at("objection_hours")),
}


def names_in(text: str) -> list[str]:
    """Return the names that a text puts in braces, known or not, in their order."""
    return NAME.findall(text)


def values_of(data: Data) -> dict[str, str]:
    """Return what every name stands for in one contract; the same in both languages."""
    return {name: value.words(data) for name, value in VALUES.items()}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values into a text."""
    return NAME.sub(lambda found: values[found[1]], text)
