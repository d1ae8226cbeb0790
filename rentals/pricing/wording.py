"""The words of each line of a price, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stations.fleet.parts import part_label
from voltgo.core.money import format_dong

Words = Callable[[Mapping[str, Any]], str]


def _tier(template: str, params: Mapping[str, Any]) -> str:
    return template % {"count": params["count"], "amount": format_dong(params["unit_amount"])}


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d phút") % {"minutes": rest}
    if not rest:
        return _("%(hours)d giờ") % {"hours": hours}
    return _("%(hours)d giờ %(minutes)d phút") % {"hours": hours, "minutes": rest}


WORDS: dict[str, Words] = {
    "rent_month": lambda p: _tier(
        ngettext("Thuê %(count)d tháng × %(amount)s", "Thuê %(count)d tháng × %(amount)s", p["count"]), p
    ),
    "rent_week": lambda p: _tier(
        ngettext("Thuê %(count)d tuần × %(amount)s", "Thuê %(count)d tuần × %(amount)s", p["count"]), p
    ),
    "rent_day": lambda p: _tier(
        ngettext("Thuê %(count)d ngày × %(amount)s", "Thuê %(count)d ngày × %(amount)s", p["count"]), p
    ),
    "rent_hours": lambda p: (
        # Capped by the day or the week: hours times their price would not come to the amount.
        ngettext("Thuê %(count)d giờ", "Thuê %(count)d giờ", p["count"]) % {"count": p["count"]}
        if p["count"] * p["unit_amount"] != p["gross"]
        else _tier(
            ngettext("Thuê %(count)d giờ × %(amount)s", "Thuê %(count)d giờ × %(amount)s", p["count"]), p
        )
    ),
    "weekend": lambda p: _("Phụ thu cuối tuần %(percent)d %%") % {"percent": p["percent"]},
    "late_time": lambda p: _("Thời gian dùng thêm: trễ %(duration)s") % {"duration": _duration(p["minutes"])},
    "late_fee": lambda p: _("Phí trả trễ %(duration)s") % {"duration": _duration(p["minutes"])},
    "extra_km": lambda p: (
        _("Vượt %(km)d km × %(amount)s") % {"km": p["km"], "amount": format_dong(p["unit_amount"])}
    ),
    "energy": lambda p: _("Phí sạc: thiếu %(percent)d %% pin") % {"percent": p["percent"]},
    "damage": lambda p: _("Bồi thường hư hại: %(part)s") % {"part": part_label(p["part"])},
}


def describe(code: str, params: Mapping[str, Any]) -> str:
    """Return the words of a line in the active language."""
    return WORDS[code](params)
