"""What the pages say about a model, a price and the rules of a rental, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.kyc.eligibility import LIGHT_MOTORBIKE_KW, MINIMUM_AGE
from rentals.bookings.models import Booking
from rentals.bookings.month import Day, DayState
from rentals.bookings.periods import as_query, as_values
from rentals.bookings.selectors.calendar import Month
from rentals.policies.rules import WHOLE_BP, Policy
from rentals.pricing.engine import ENERGY_STEP_PERCENT, LATE_FEE_CAP_BP, Line, Terms, included_km
from rentals.pricing.models import Quote
from rentals.pricing.wording import describe
from stations.fleet.enums import LegalCategory, VehicleKind
from stations.fleet.models import VehicleModel
from stations.network.hours import DAY_MINUTES, Week
from stations.network.models import clock_face
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import format_dong, share
from voltgo.core.templatetags.voltgo_ui import duration, km, weekday_names, when

WEEK = 7
# The icon of the rule on cancelling, by which it is known.
CANCELLING = "undo-2"
# What may be searched for, as it stands on a button.
KINDS = {
    "": gettext_lazy("Tất cả"),
    VehicleKind.SCOOTER.value: gettext_lazy("Xe máy điện"),
    VehicleKind.CAR.value: gettext_lazy("Ô tô điện"),
}


def length_of(period: Period) -> str:
    """Return how long a period is: `10 giờ`, `2 ngày 3 giờ`."""
    return duration(int(period.duration.total_seconds()) // 60)


def licence_of(model: VehicleModel) -> str:
    """Return what the law asks of the driver of a model."""
    age = {"age": MINIMUM_AGE[model.category]}
    if model.category == LegalCategory.MOPED:
        return _("Không cần giấy phép lái xe, từ %(age)d tuổi") % age
    if model.category == LegalCategory.CAR:
        return _("Giấy phép hạng B trở lên, từ %(age)d tuổi") % age
    if model.power_kw <= LIGHT_MOTORBIKE_KW:
        return _("Giấy phép hạng A1 hoặc A, từ %(age)d tuổi") % age
    return _("Giấy phép hạng A, từ %(age)d tuổi") % age


def seats_of(model: VehicleModel) -> str:
    return ngettext("%(count)d chỗ", "%(count)d chỗ", model.seats) % {"count": model.seats}


def summary_of(model: VehicleModel) -> str:
    """Return a model's figures in one line."""
    return " · ".join([seats_of(model), _("%(range)s mỗi lần sạc") % {"range": km(model.range_km)}])


def facts_of(model: VehicleModel) -> list[dict[str, str]]:
    """Return a model's figures for the list of facts."""
    return [
        {"label": _("Số chỗ"), "value": seats_of(model)},
        {"label": _("Quãng đường mỗi lần sạc"), "value": km(model.range_km)},
        {"label": _("Pin"), "value": _figure(model.battery_kwh, "kWh")},
        {"label": _("Tốc độ tối đa"), "value": f"{model.max_speed_kmh} km/h"},
        {"label": _("Công suất"), "value": _figure(model.power_kw, "kW")},
        {"label": _("Giấy phép"), "value": licence_of(model)},
    ]


def _figure(value: Decimal, unit: str) -> str:
    """Print a measure with the reader's decimal sign and no idle zeros: `18,64 kWh`."""
    shown = value.normalize()
    decimals = max(0, -int(shown.as_tuple().exponent))
    return f"{number_format(shown, decimals)}\u00a0{unit}"


def price_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines of a computed price for the price list."""
    return [{"label": describe(line.code, line.params), "amount": line.gross} for line in lines]


def frozen_lines(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that a quote has frozen for the price list."""
    return [{"label": describe(line["code"], line["params"]), "amount": line["gross"]} for line in lines]


def vat_note(vat_amount: int, lines: Sequence[Mapping[str, Any]]) -> str:
    """Say how much of a total is VAT, with the rate if there is but one."""
    rates = {line["vat_bp"] for line in lines}
    if len(rates) != 1:
        return _("Đã gồm thuế GTGT %(amount)s.") % {"amount": format_dong(vat_amount)}
    words = _("Đã gồm thuế GTGT %(rate)s%%: %(amount)s.")
    return words % {"rate": f"{rates.pop() / 100:g}", "amount": format_dong(vat_amount)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a rental: what it is about, and what it says with its hours and dong."""

    icon: str
    label: str
    text: str


def rules_of(
    period: Period,
    terms: Terms,
    *,
    booked_at: datetime | None = None,
    policy: Policy | None = None,
    cap_bp: int = WHOLE_BP,
) -> list[Rule]:
    """Return the rules of a rental: cancelling, distance, energy, lateness, deposit."""
    cancelling = cancel_rule(period.starts_at, booked_at or clock.now(), policy or Policy(), cap_bp)
    return [
        Rule(CANCELLING, _("Hủy chuyến"), cancelling),
        Rule("route", _("Quãng đường"), _distance_rule(period, terms)),
        Rule("battery-charging", _("Pin khi trả"), _energy_rule(terms)),
        Rule("timer", _("Trả trễ"), _late_rule(terms)),
        Rule("shield-check", _("Tiền cọc"), deposit_rule(terms.deposit_amount, policy or Policy())),
    ]


def cancel_rule(
    starts_at: datetime, booked_at: datetime, policy: Policy | None = None, cap_bp: int = WHOLE_BP
) -> str:
    """Say until when cancelling is free or partly free, as moments, leaving out what is past.

    `cap_bp` is what a booking whose pickup was put off gives back at most.
    """
    policy = policy or Policy()
    if cap_bp < WHOLE_BP:
        return " ".join(_capped_tiers(starts_at, policy, cap_bp))
    return " ".join(_cancel_tiers(starts_at, booked_at, policy))


def _capped_tiers(starts_at: datetime, policy: Policy, cap_bp: int) -> Iterator[str]:
    if cap_bp:
        until = starts_at - timedelta(hours=policy.partial_cancel_hours)
        words = _("Giờ nhận đã được dời: hoàn nhiều nhất %(percent)d%% tiền thuê đến %(when)s.")
        yield words % {"percent": cap_bp // 100, "when": when(until)}
        yield _("Sau đó không hoàn tiền thuê. Tiền cọc luôn được hoàn đủ.")
    else:
        yield _("Giờ nhận đã được dời khi không còn được hoàn tiền thuê. Tiền cọc luôn được hoàn đủ.")


def _cancel_tiers(starts_at: datetime, booked_at: datetime, policy: Policy) -> Iterator[str]:
    free = starts_at - timedelta(hours=policy.free_cancel_hours)
    partly = starts_at - timedelta(hours=policy.partial_cancel_hours)
    if booked_at <= free:
        yield _("Miễn phí đến %(when)s.") % {"when": when(free)}
    elif policy.free_after_booking_minutes:
        first = duration(policy.free_after_booking_minutes)
        yield _("Miễn phí trong %(duration)s đầu sau khi đặt.") % {"duration": first}
    if free < partly and booked_at <= partly and policy.partial_refund_bp:
        percent = policy.partial_refund_bp // 100
        words = _("Hoàn %(percent)d%% tiền thuê đến %(when)s.")
        yield words % {"percent": percent, "when": when(partly)}
    yield _("Sau đó không hoàn tiền thuê. Tiền cọc luôn được hoàn đủ.")


def _distance_rule(period: Period, terms: Terms) -> str:
    words = _("%(included)s trong giá (%(daily)s mỗi ngày). Vượt: %(extra)s mỗi km.")
    return words % {
        "included": km(included_km(period, terms)),
        "daily": km(terms.included_km_per_day),
        "extra": format_dong(terms.extra_km_amount),
    }


def _energy_rule(terms: Terms) -> str:
    words = _("Trả xe khi pin còn từ %(percent)d%%. Thiếu mỗi %(step)d%%: %(fee)s.")
    return words % {
        "percent": terms.return_battery_percent,
        "step": ENERGY_STEP_PERCENT,
        "fee": format_dong(terms.energy_fee_amount),
    }


def _late_rule(terms: Terms) -> str:
    words = _(
        "Quá %(grace)d phút: trả thêm tiền thuê của giờ dùng thêm, và phí %(first)s cho giờ đầu, %(next)s mỗi giờ sau, "
        "tối đa %(cap)s."
    )
    return words % {
        "grace": terms.late_grace_minutes,
        "first": format_dong(terms.late_first_hour_amount),
        "next": format_dong(terms.late_next_hour_amount),
        "cap": format_dong(share(terms.day_amount, LATE_FEE_CAP_BP)),
    }


def deposit_rule(amount: int, policy: Policy) -> str:
    """Say what the deposit is, what comes off it, and what of it waits for fines."""
    words = _(
        "%(amount)s, thu cùng tiền thuê khi đặt, hoặc chỉ giữ trên thẻ nếu thẻ cho phép. Hoàn lại sau khi trả xe, trừ khoản phát sinh nếu có."
    )
    said = words % {"amount": format_dong(amount)}
    if not policy.fine_retention_amount:
        return said
    kept = _("Giữ lại %(amount)s trong %(days)d ngày chờ phạt nguội, rồi tự hoàn lại.")
    kept %= {
        "amount": format_dong(min(amount, policy.fine_retention_amount)),
        "days": policy.fine_retention_days,
    }
    return f"{said} {kept}"


def quote_rules(quote: Quote) -> list[Rule]:
    """Return the rules that a quote has frozen."""
    policy = Policy.from_json(quote.policy)
    return rules_of(quote.period, Terms.from_json(quote.terms), booked_at=quote.created_at, policy=policy)


def booking_rules(booking: Booking) -> list[Rule]:
    """Return the rules of a booking: those of its quote, counted from when it was first booked."""
    quote = booking.quote
    return rules_of(
        quote.period,
        Terms.from_json(quote.terms),
        booked_at=booking.confirmed_at or booking.created_at,
        policy=Policy.from_json(quote.policy),
        cap_bp=booking.refund_cap_bp,
    )


def hours_of(week: Week) -> list[dict[str, str]]:
    """Return a week's hours as facts, days with the same hours together: `T2–T6`, `06:00–22:30`."""
    runs: list[tuple[int, int, tuple[int, int] | None]] = []
    for weekday in range(WEEK):
        hours = week.get(weekday)
        if runs and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], weekday, hours)
        else:
            runs.append((weekday, weekday, hours))
    return [{"label": _days(first, last), "value": _faces(hours)} for first, last, hours in runs]


def _days(first: int, last: int) -> str:
    if (first, last) == (0, WEEK - 1):
        return _("Mọi ngày")
    names = weekday_names()
    return names[first] if first == last else f"{names[first]}–{names[last]}"


def _faces(hours: tuple[int, int] | None) -> str:
    if hours is None:
        return _("Đóng cửa")
    if hours == (0, DAY_MINUTES):
        return _("Mở 24 giờ")
    return f"{clock_face(hours[0])}–{clock_face(hours[1])}"


# What a day of the calendar is, in words for whoever cannot see its mark.
DAY_WORDS = {
    DayState.FREE: gettext_lazy("còn trống"),
    DayState.PARTLY: gettext_lazy("còn trống một phần"),
    DayState.BUSY: gettext_lazy("hết xe"),
    DayState.CLOSED: gettext_lazy("trạm nghỉ"),
}


def calendar_of(month: Month, chosen: Period) -> dict[str, Any]:
    """Return a month for the calendar: its days with their words and addresses, and the months beside it."""
    first_day, last_day = (clock.local(moment).date() for moment in (chosen.starts_at, chosen.ends_at))
    values = as_values(chosen)
    return {
        "title": _("Tháng %(month)d/%(year)d") % {"month": month.first.month, "year": month.first.year},
        "weekdays": weekday_names(),
        "weeks": [[_day(day, month.first, first_day, last_day) for day in week] for week in month.weeks],
        "previous": _month_address(month.previous, values),
        "next": _month_address(month.next, values),
        "is_all_busy": month.is_all_busy,
        "states": [(state.value, words) for state, words in DAY_WORDS.items()],
    }


def _day(day: Day, month: date, first: date, last: date) -> dict[str, Any]:
    words = str(DAY_WORDS.get(day.state, ""))
    if day.period is not None:
        at = {"from": when(day.period.starts_at), "to": when(day.period.ends_at)}
        words = f"{words}. " + _("Chọn %(from)s đến %(to)s") % at
    return {
        "number": day.date.day,
        "state": day.state.value,
        "words": words,
        "href": f"?{as_query(day.period)}#period" if day.period else "",
        "is_chosen": first <= day.date <= last,
        "is_other_month": day.date.month != month.month,
    }


def _month_address(month: date | None, values: Mapping[str, str]) -> str:
    return f"?{urlencode({**values, 'month': f'{month:%Y-%m}'})}#calendar" if month else ""
