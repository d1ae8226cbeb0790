"""The words of each line of a price, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

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


def _dear(template: str, params: Mapping[str, Any]) -> str:
    """Word what dear minutes add; quotes made before the minutes were kept name the share alone."""
    percent = params["percent"]
    share = number_format(percent, 0 if isinstance(percent, int) else 2)
    words = template % {"percent": share}
    if "minutes" not in params:
        return words
    return _("%(extra)s × %(duration)s") % {"extra": words, "duration": _duration(params["minutes"])}


def _damage(params: Mapping[str, Any]) -> str:
    """Word a compensation; where what was added to the trip limits it, say what it would be without."""
    words = {"part": part_label(params["part"])}
    if "full_amount" not in params:
        return _("Bồi thường hư hại: %(part)s") % words
    words["full"] = format_dong(params["full_amount"])
    return _("Bồi thường hư hại: %(part)s (đã giảm từ %(full)s)") % words


def _add_on(params: Mapping[str, Any]) -> str:
    """Word an add-on: what, how many, and how its price comes about."""
    name = params["name_en"] if get_language() == "en" and params["name_en"] else params["name"]
    if params["quantity"] > 1:
        name = _("%(count)d × %(name)s") % {"count": params["quantity"], "name": name}
    unit, days = params["unit_amount"], params["days"]
    if params["unit"] != "day":
        return _("%(name)s (%(amount)s mỗi lần thuê)") % {"name": name, "amount": format_dong(unit)}
    words = {
        "name": name,
        "count": days,
        "amount": format_dong(unit),
        "cap": format_dong(params["cap_amount"]),
    }
    if params["cap_amount"] and unit * days > params["cap_amount"]:
        return _("%(name)s (tối đa %(cap)s mỗi lần thuê)") % words
    template = ngettext(
        "%(name)s (%(count)d ngày × %(amount)s)", "%(name)s (%(count)d ngày × %(amount)s)", days
    )
    return template % words


def _young_driver(params: Mapping[str, Any]) -> str:
    template = ngettext(
        "Phụ thu tài xế dưới %(age)d tuổi: %(count)d ngày × %(amount)s",
        "Phụ thu tài xế dưới %(age)d tuổi: %(count)d ngày × %(amount)s",
        params["days"],
    )
    return template % {
        "age": params["age"],
        "count": params["days"],
        "amount": format_dong(params["unit_amount"]),
    }


def _promotion(params: Mapping[str, Any]) -> str:
    name = params["name_en"] if get_language() == "en" and params["name_en"] else params["name"]
    return _("Khuyến mãi %(code)s: %(name)s") % {"code": params["code"], "name": name}


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
    "weekend": lambda p: _dear(_("Phụ thu cuối tuần %(percent)s %%"), p),
    "peak": lambda p: _dear(_("Phụ thu giờ cao điểm %(percent)s %%"), p),
    "holiday": lambda p: _dear(_("Phụ thu ngày lễ %(percent)s %%"), p),
    "add_on": _add_on,
    "young_driver": _young_driver,
    "one_way": lambda p: _("Phí trả xe ở trạm khác"),
    "promotion": _promotion,
    "as_shown": lambda p: _("Điều chỉnh theo giá đã báo khách"),
    "late_time": lambda p: _("Thời gian dùng thêm: trễ %(duration)s") % {"duration": _duration(p["minutes"])},
    "late_fee": lambda p: _("Phí trả trễ %(duration)s") % {"duration": _duration(p["minutes"])},
    "extra_km": lambda p: (
        _("Vượt %(km)d km × %(amount)s") % {"km": p["km"], "amount": format_dong(p["unit_amount"])}
    ),
    "energy": lambda p: _("Phí sạc: thiếu %(percent)d %% pin") % {"percent": p["percent"]},
    "cleaning": lambda p: _("Phí vệ sinh xe"),
    "damage": _damage,
}


def describe(code: str, params: Mapping[str, Any]) -> str:
    """Return the words of a line in the active language."""
    words = WORDS[code](params)
    if "part_of" in params:
        # Two VAT rates share the line: each is told by itself.
        return _("%(line)s (một phần của %(amount)s)") % {
            "line": words,
            "amount": format_dong(params["part_of"]),
        }
    return words
