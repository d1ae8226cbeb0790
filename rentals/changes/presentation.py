"""What the pages of changes and extensions show: two bookings side by side, and the difference in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rentals.bookings.presentation import frozen_lines, length_of
from rentals.changes.difference import Difference
from rentals.changes.services import Preview, longest_extension
from rentals.handovers.models import Rental
from rentals.policies.rules import WHOLE_BP
from rentals.pricing.models import Quote
from stations.network.selectors import openings_of
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import when

QUICK_HOURS = (1, 2)


def compared(before: Quote, after: Quote) -> list[dict[str, Any]]:
    """Return what two quotes say side by side; what differs is marked."""
    return [
        {"label": own["label"], "before": own["value"], "after": new["value"], "differs": own != new}
        for own, new in zip(_facts(before), _facts(after), strict=True)
    ]


def price_of(quote: Quote, title: str) -> dict[str, Any]:
    """Return the price of one of two quotes, line by line."""
    return {
        "title": title,
        "lines": frozen_lines(quote.lines),
        "total": quote.total_amount,
        "deposit": quote.deposit_amount,
    }


def _facts(quote: Quote) -> list[dict[str, str]]:
    vehicle = f"{quote.model} · {quote.vehicle.code}" if quote.vehicle else str(quote.model)
    return [
        {"label": _("Nhận xe"), "value": when(quote.starts_at)},
        {"label": _("Trả xe"), "value": when(quote.ends_at)},
        {"label": _("Thời gian"), "value": length_of(quote.period)},
        {"label": _("Trạm nhận"), "value": quote.pickup_station.name},
        {"label": _("Trạm trả"), "value": quote.return_station.name},
        {"label": _("Xe"), "value": vehicle},
    ]


def difference_lines(difference: Difference) -> list[dict[str, Any]]:
    """Return the difference line by line; what goes back is below zero."""
    lines = [
        (_("Chênh lệch tiền thuê"), difference.rent),
        (_("Phí giữ lại theo chính sách hủy"), difference.fee),
        (_("Chênh lệch tiền cọc"), difference.deposit),
    ]
    return [{"label": label, "amount": amount} for label, amount in lines if amount]


def outcome_of(difference: Difference) -> str:
    """Say what has to be paid and what comes back."""
    due, back = format_dong(difference.due), format_dong(difference.back)
    if difference.due and difference.back:
        return _("Trả %(due)s trước; sau khi đổi, %(back)s được hoàn về nguồn đã trả.") % {
            "due": due,
            "back": back,
        }
    if difference.due:
        return _("Thay đổi có hiệu lực ngay khi %(due)s được thanh toán.") % {"due": due}
    if difference.back:
        return _(
            "Bạn được hoàn lại %(back)s sau khi đổi. Cách nhận và thời gian được ghi trong thư xác nhận và trong ví của bạn."
        ) % {"back": back}
    return _("Không phải trả thêm và không có khoản hoàn lại.")


def button_of(preview: Preview, *, is_extension: bool) -> str:
    """Return the words on the button that does it."""
    difference = preview.difference
    if difference.due:
        words = _("Trả %(amount)s và gia hạn") if is_extension else _("Trả %(amount)s và đổi")
        return words % {"amount": format_dong(difference.due)}
    if is_extension:
        return _("Gia hạn")
    if difference.back:
        return _("Đổi và nhận lại %(amount)s") % {"amount": format_dong(difference.back)}
    return _("Đổi lượt đặt")


def cap_words(preview: Preview) -> str:
    """Say what a later cancellation gives back at most, if that is less than all."""
    if preview.refund_cap_bp >= WHOLE_BP or preview.after.starts_at <= preview.before.starts_at:
        return ""
    percent = preview.refund_cap_bp // 100
    if not percent:
        return _("Lúc này hủy không còn được hoàn tiền thuê, và dời giờ nhận không đổi điều đó.")
    words = _("Nếu sau này bạn hủy, tiền thuê được hoàn nhiều nhất %(percent)d%%, như khi hủy lúc này.")
    return words % {"percent": percent}


@dataclass(frozen=True, slots=True)
class Choice:
    """One end that can be chosen with one tap."""

    ends_at: datetime
    label: str

    @property
    def value(self) -> str:
        return self.ends_at.isoformat()


def quick_choices(rental: Rental) -> list[Choice]:
    """Return the ends that people mostly want: an hour or two more, to closing time, and the longest of all."""
    longest = longest_extension(rental)
    if longest is None:
        return []
    choices = [
        Choice(
            rental.due_at + timedelta(hours=hours),
            ngettext("Thêm %(count)d giờ", "Thêm %(count)d giờ", hours) % {"count": hours},
        )
        for hours in QUICK_HOURS
    ]
    around = Period(rental.due_at, rental.due_at + timedelta(days=1))
    opening = openings_of([rental.return_station_id], around)[rental.return_station_id]
    closing = opening.closes_at(rental.due_at)
    if closing is not None:
        choices.append(Choice(closing, _("Đến giờ đóng cửa")))
    now = max(clock.now(), rental.due_at)
    fitting = [row for row in choices if now < row.ends_at <= longest and opening.is_open_at(row.ends_at)]
    if longest - rental.due_at <= timedelta(days=1) and longest not in {row.ends_at for row in fitting}:
        fitting.append(Choice(longest, _("Lâu nhất có thể")))
    unique = {row.ends_at: row for row in reversed(fitting)}
    return [unique[moment] for moment in sorted(unique)]
