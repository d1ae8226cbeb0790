"""What a renter's pages say: how a trip stands, what to do next, what happened so far."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.intents.going_back import going_back
from payments.intents.models import PaymentIntent
from payments.intents.presentation import payment_page
from rentals.bookings import periods
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking
from rentals.bookings.presentation import CANCELLING, Rule, booking_rules
from rentals.changes.enums import ChangeKind
from rentals.changes.selectors import open_change
from rentals.changes.services import check_may_extend
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.models import Rental, Settlement
from rentals.handovers.rules import EARLIEST
from rentals.pricing.engine import Line, ReturnFacts, Terms, charges_at_return
from rentals.pricing.services import return_rates_on
from rentals.pricing.wording import describe
from rentals.trips.deposits import deposit_to_pay
from rentals.trips.money import returned_words
from rentals.trips.selectors import Trip
from voltgo.core import clock
from voltgo.core.actors import ActorKind
from voltgo.core.errors import DomainError
from voltgo.core.money import Dong, format_dong
from voltgo.core.templatetags.voltgo_ui import duration, when

OK, WARN, BAD, INFO, PLAIN = "ok", "warn", "bad", "info", ""

OF_BOOKING: dict[str, tuple[Any, str]] = {
    BookingState.HELD: (gettext_lazy("Chờ thanh toán"), WARN),
    BookingState.CONFIRMED: (gettext_lazy("Đã xác nhận"), OK),
    BookingState.ARRIVED: (gettext_lazy("Đang nhận xe"), INFO),
    BookingState.FULFILLED: (gettext_lazy("Đã nhận xe"), INFO),
    BookingState.EXPIRED: (gettext_lazy("Hết giờ giữ xe"), PLAIN),
    BookingState.CANCELLED: (gettext_lazy("Đã hủy"), PLAIN),
    BookingState.NO_SHOW: (gettext_lazy("Không đến nhận xe"), BAD),
    BookingState.REJECTED: (gettext_lazy("Bị từ chối"), BAD),
}
OF_RENTAL: dict[str, tuple[Any, str]] = {
    RentalState.ACTIVE: (gettext_lazy("Đang thuê"), OK),
    RentalState.RETURNED: (gettext_lazy("Đã trả xe"), INFO),
    RentalState.SETTLING: (gettext_lazy("Chờ bạn xem quyết toán"), WARN),
    RentalState.DISPUTED: (gettext_lazy("Đang khiếu nại"), WARN),
    RentalState.CLOSED: (gettext_lazy("Đã hoàn tất"), PLAIN),
    RentalState.ABORTED: (gettext_lazy("Không giao xe"), BAD),
}
OVERDUE = (gettext_lazy("Quá giờ trả xe"), BAD)

# What happened, in words; a step that is missing here is the station's own business.
HAPPENED: dict[tuple[str, str], Any] = {
    (BOOKING.name, BookingState.HELD): gettext_lazy("Đã giữ xe"),
    (BOOKING.name, BookingState.CONFIRMED): gettext_lazy("Đã thanh toán và xác nhận"),
    (BOOKING.name, BookingState.ARRIVED): gettext_lazy("Đã đến trạm"),
    (BOOKING.name, BookingState.EXPIRED): gettext_lazy("Hết giờ giữ xe"),
    (BOOKING.name, BookingState.CANCELLED): gettext_lazy("Đã hủy"),
    (BOOKING.name, BookingState.NO_SHOW): gettext_lazy("Không đến nhận xe"),
    (BOOKING.name, BookingState.REJECTED): gettext_lazy("Bị từ chối"),
    (RENTAL.name, RentalState.ACTIVE): gettext_lazy("Đã nhận xe"),
    (RENTAL.name, RentalState.RETURNED): gettext_lazy("Đã trả xe"),
    (RENTAL.name, RentalState.SETTLING): gettext_lazy("Có bảng quyết toán"),
    (RENTAL.name, RentalState.DISPUTED): gettext_lazy("Bạn đã khiếu nại"),
    (RENTAL.name, RentalState.CLOSED): gettext_lazy("Đã hoàn tất"),
    (RENTAL.name, RentalState.ABORTED): gettext_lazy("Không giao xe"),
}
ENDED_BADLY = {
    BookingState.EXPIRED.value,
    BookingState.CANCELLED.value,
    BookingState.NO_SHOW.value,
    BookingState.REJECTED.value,
    RentalState.ABORTED.value,
}


@dataclass(frozen=True, slots=True)
class Status:
    """How a trip stands, in a word or two."""

    label: str
    kind: str


def status_of(booking: Booking) -> Status:
    """Return how a trip stands: the rental's word once there is one, the booking's before."""
    rental = getattr(booking, "rental", None)
    if rental is not None and rental.is_overdue:
        label, kind = OVERDUE
    elif rental is not None and rental.state in OF_RENTAL:
        label, kind = OF_RENTAL[rental.state]
    else:
        label, kind = OF_BOOKING[booking.shown_state]
    return Status(str(label), kind)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing that a renter has to know or to do now."""

    title: str
    text: str
    kind: str = INFO
    href: str = ""
    action: str = ""
    # When it is over, for a countdown.
    ends_at: datetime | None = None


def next_step(trip: Trip) -> NextStep:
    """Return the next step of a trip, and nothing else."""
    if trip.rental is not None and trip.rental.state in RENTAL_STEPS:
        return RENTAL_STEPS[trip.rental.state](trip)
    return BOOKING_STEPS[trip.booking.shown_state](trip)


def _pay(trip: Trip) -> NextStep:
    intent = trip.intent
    page = payment_page(intent) if intent is not None else None
    if intent is not None and page is not None and intent.received_amount and page["missing"]:
        return _pay_the_rest(intent, page)
    if intent is None or page is None or not page["is_payable"]:
        text = _("Nếu bạn vừa thanh toán, trang này sẽ đổi ngay khi ngân hàng báo kết quả. Đừng trả lần nữa.")
        return NextStep(_("Đang chờ kết quả thanh toán"), text, INFO)
    return NextStep(
        _("Thanh toán để giữ xe"),
        _("Chưa trả thì xe sẽ được nhường cho người khác."),
        WARN,
        intent.get_absolute_url(),
        pgettext("nút", "Thanh toán"),
        page["pay_until"],
    )


def _pay_the_rest(intent: PaymentIntent, page: dict[str, Any]) -> NextStep:
    """Say of a booking that is paid in part what came, what is missing, and until when."""
    values = {
        "received": format_dong(intent.received_amount),
        "missing": format_dong(page["missing"]),
        "until": when(intent.expires_at),
    }
    if page["is_payable"]:
        words = _(
            "Đã nhận %(received)s, còn thiếu %(missing)s. Nếu phần còn thiếu không đến trước %(until)s, "
            "xe được nhường cho người khác và %(received)s được hoàn lại cho bạn."
        )
        href, action = intent.get_absolute_url(), _("Trả phần còn thiếu")
        return NextStep(_("Đã nhận một phần"), words % values, WARN, href, action, page["pay_until"])
    words = _(
        "Đã nhận %(received)s, còn thiếu %(missing)s, và đã hết giờ để trả tiếp. Nếu bạn đã chuyển phần còn thiếu, "
        "chúng tôi chờ đến %(until)s. Sau đó %(received)s được hoàn lại cho bạn."
    )
    return NextStep(_("Đã hết giờ thanh toán"), words % values, WARN)


def _come(trip: Trip) -> NextStep:
    booking = trip.booking
    to_pay = deposit_to_pay(trip)
    if to_pay is not None:
        text = _("Thẻ không giữ được tiền cọc. Hãy trả %(amount)s bằng cách khác trước khi nhận xe.")
        text %= {"amount": format_dong(to_pay.amount)}
        return NextStep(_("Cần tiền cọc"), text, WARN, to_pay.get_absolute_url(), _("Trả tiền cọc"))
    now = clock.now()
    words = {"station": booking.pickup_station.name, "from": when(booking.starts_at - EARLIEST)}
    if now > booking.starts_at:
        text = _("Giờ nhận xe đã đến. Hãy đến %(station)s, hoặc gọi trạm nếu bạn đến trễ.")
        return NextStep(_("Đến trạm nhận xe"), text % words, WARN)
    text = _("Đến %(station)s, sớm nhất %(from)s. Mang giấy tờ gốc và đưa mã QR này cho nhân viên.")
    return NextStep(_("Đến trạm nhận xe"), text % words, OK)


def _at_the_counter(trip: Trip) -> NextStep:
    text = _("Nhân viên đang chuẩn bị xe cùng bạn. Xem hợp đồng, rồi ký trên máy của trạm hoặc điện thoại.")
    title = _("Kiểm tra xe và ký hợp đồng")
    if trip.contract is None:
        return NextStep(title, text)
    href = reverse("rentals:contract-sign", args=[trip.contract.number])
    return NextStep(title, text, INFO, href, _("Ký trên điện thoại này"))


def _expired(trip: Trip) -> NextStep:
    came = sum(row.received_amount for row in trip.intents)
    if came:
        text = going_back(trip.refunds)
        if not text:
            text = _("Đã nhận %(received)s, chưa đủ để giữ xe. Khoản này được hoàn lại cho bạn.")
            text %= {"received": format_dong(came)}
        return _look_elsewhere(trip, _("Đã hết giờ giữ xe"), text)
    text = _("Chưa có khoản nào bị trừ. Nếu bạn vừa thanh toán, chúng tôi sẽ xác nhận lại hoặc hoàn đủ tiền.")
    return _look_elsewhere(trip, _("Đã hết giờ giữ xe"), text)


def _no_show(trip: Trip) -> NextStep:
    text = " ".join([_("Tiền cọc được hoàn đủ."), going_back(trip.refunds)]).strip()
    return _look_elsewhere(trip, _("Bạn đã không đến nhận xe"), text)


def _rejected(trip: Trip) -> NextStep:
    return _look_elsewhere(trip, _("Lượt đặt bị từ chối"), _("Hãy chọn xe khác."))


def _look_elsewhere(trip: Trip, title: str, text: str) -> NextStep:
    return NextStep(title, text, INFO, _search_again(trip.booking), _("Tìm xe khác"))


def _cancelled(trip: Trip) -> NextStep:
    text = returned_words(trip)
    return _look_elsewhere(trip, _("Chuyến đã hủy"), text)


def _drive(trip: Trip) -> NextStep:
    rental, station = cast("Rental", trip.rental), trip.booking.return_station
    if rental.is_overdue:
        late = duration(int((clock.now() - rental.due_at).total_seconds()) // 60)
        text = _("Trễ %(late)s. Hãy trả xe tại %(station)s hoặc gọi trạm ngay; phí tạm tính ở dưới.")
        return NextStep(_("Đã quá giờ trả xe"), text % {"late": late, "station": station.name}, BAD)
    text = _("Trả xe tại %(station)s trước %(when)s.") % {
        "station": station.name,
        "when": when(rental.due_at),
    }
    return NextStep(_("Chúc bạn đi an toàn"), text, OK)


def _counting(trip: Trip) -> NextStep:
    text = _("Trạm đang lập bảng quyết toán. Bạn sẽ nhận được email khi có.")
    return NextStep(_("Đã trả xe"), text, INFO)


def _settle(trip: Trip) -> NextStep:
    settlement = cast("Settlement", trip.settlement)
    text = _("Xem từng khoản ở dưới. Không khiếu nại trước %(when)s thì quyết toán tự động hoàn tất.")
    text %= {"when": when(settlement.objection_until)}
    return NextStep(_("Xem và đồng ý quyết toán"), text, WARN, "#settlement", _("Xem quyết toán"))


def _disputed(trip: Trip) -> NextStep:
    text = _("Chúng tôi đã nhận khiếu nại và sẽ trả lời trong 48 giờ. Chưa có khoản nào bị trừ.")
    return NextStep(_("Đang xem xét khiếu nại"), text, INFO)


def _closed(trip: Trip) -> NextStep:
    debt = trip.money.due
    if debt and trip.intent is not None:
        text = _("Tiền cọc không đủ cho các khoản phát sinh. Còn thiếu %(amount)s.")
        text %= {"amount": format_dong(debt)}
        return NextStep(
            _("Còn một khoản phải trả"),
            text,
            BAD,
            trip.intent.get_absolute_url(),
            pgettext("nút", "Thanh toán"),
        )
    if trip.receipt is not None:
        return NextStep(
            _("Chuyến đã hoàn tất"),
            _("Cảm ơn bạn đã đi cùng VoltGo. Biên nhận đã sẵn sàng."),
            OK,
            trip.receipt.get_absolute_url(),
            _("Mở biên nhận"),
        )
    return NextStep(_("Chuyến đã hoàn tất"), _("Biên nhận đang được lập và sẽ gửi vào email của bạn."), OK)


BOOKING_STEPS: dict[str, Callable[[Trip], NextStep]] = {
    BookingState.HELD: _pay,
    BookingState.CONFIRMED: _come,
    BookingState.ARRIVED: _at_the_counter,
    BookingState.FULFILLED: _counting,
    BookingState.EXPIRED: _expired,
    BookingState.CANCELLED: _cancelled,
    BookingState.NO_SHOW: _no_show,
    BookingState.REJECTED: _rejected,
}
RENTAL_STEPS: dict[str, Callable[[Trip], NextStep]] = {
    RentalState.ACTIVE: _drive,
    RentalState.RETURNED: _counting,
    RentalState.SETTLING: _settle,
    RentalState.DISPUTED: _disputed,
    RentalState.CLOSED: _closed,
    RentalState.ABORTED: _cancelled,
}


def _search_again(booking: Booking) -> str:
    """Return the search near the same station: for the same period, or from now if that is past."""
    values = {"where": f"station:{booking.pickup_station.slug}", "kind": booking.model.kind}
    if booking.starts_at > clock.now():
        values |= periods.as_values(booking.period)
    return f"{reverse('rentals:station-list')}?{urlencode(values)}"


@dataclass(frozen=True, slots=True)
class RunningCost:
    """What lateness has cost up to now."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> Dong:
        return sum(line["amount"] for line in self.lines)


def running_cost(trip: Trip) -> RunningCost | None:
    """Return what an overdue rental would be charged if it came back now; None while nothing is due."""
    if trip.rental is None or not trip.rental.is_overdue:
        return None
    facts = ReturnFacts(
        booked=trip.booking.period, presented_at=clock.now(), distance_km=0, battery_end_percent=100
    )
    terms = Terms.from_json(trip.booking.quote.terms)
    rates = return_rates_on(clock.today())
    lines = charges_at_return(terms, facts, rates.rental, fee_bp=rates.fee)
    return RunningCost([_line(line) for line in lines]) if lines else None


def _line(line: Line) -> dict[str, Any]:
    return {"label": describe(line.code, line.params), "amount": line.gross}


def settlement_lines(trip: Trip) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of a settlement in words: what was prepaid, and what came on top."""
    if trip.settlement is None:
        return {"prepaid": [], "extra": []}
    lines = sorted(trip.settlement.lines.all(), key=lambda line: line.position)
    rows = [
        {
            "label": describe(line.code, line.params),
            "amount": line.gross_amount,
            "damage_id": line.damage_id,
            "position": line.position,
            "is_prepaid": line.is_prepaid,
            "is_refused": line.is_refused,
        }
        for line in lines
    ]
    return {
        "prepaid": [row for row in rows if row["is_prepaid"]],
        "extra": [row for row in rows if not row["is_prepaid"]],
    }


def disputable_lines(settled: dict[str, Any]) -> list[tuple[int, str]]:
    """Return what a renter may refuse, as (position, words with the amount)."""
    return [(row["position"], f"{row['label']}: {format_dong(row['amount'])}") for row in settled["extra"]]


def history_of(trip: Trip) -> list[dict[str, Any]]:
    """Return the timeline: what happened, and what is still ahead."""
    happened = sorted([*_happened(trip), *_changed(trip)], key=lambda step: step["at"])
    return [*happened, *_ahead(trip)]


def _changed(trip: Trip) -> Iterator[dict[str, Any]]:
    for change in trip.changes:
        is_longer = change.kind == ChangeKind.EXTENSION
        yield {
            "label": _("Đã gia hạn") if is_longer else _("Đã đổi lượt đặt"),
            "at": change.applied_at,
            "status": "done",
        }


def _happened(trip: Trip) -> Iterator[dict[str, Any]]:
    for event in trip.events:
        words = HAPPENED.get((event.machine, event.target))
        if words is not None:
            status = "bad" if event.target in ENDED_BADLY else "done"
            yield {"label": words, "at": event.at, "status": status}
    if trip.booking.is_hold_over:
        expires_at = trip.booking.allocation.hold_expires_at
        yield {"label": OF_BOOKING[BookingState.EXPIRED][0], "at": expires_at, "status": "bad"}


def _ahead(trip: Trip) -> Iterator[dict[str, Any]]:
    booking = trip.booking
    is_running = trip.rental is not None and trip.rental.state == RentalState.ACTIVE
    if booking.shown_state == BookingState.HELD:
        yield {"label": _("Chờ thanh toán"), "status": "current"}
    if booking.shown_state in {BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED}:
        status = "todo" if booking.shown_state == BookingState.HELD else "current"
        yield {"label": _("Nhận xe"), "at": booking.starts_at, "status": status}
        yield {"label": _("Trả xe"), "at": booking.ends_at, "status": "todo"}
    elif is_running and trip.rental is not None:
        yield {"label": _("Trả xe"), "at": trip.rental.due_at, "status": "current"}


def rules_of(trip: Trip) -> list[Rule]:
    """Return the rules that still matter: once the vehicle is out, no longer how to cancel."""
    rules = booking_rules(trip.booking)
    return rules if may_cancel(trip.booking) else [rule for rule in rules if rule.icon != CANCELLING]


def qr_of(booking: Booking) -> SafeString:
    """Return the QR code of a booking: its address, which the station's tablet reads as the code."""
    address = f"{settings.SITE_URL}{booking.get_absolute_url()}"
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True))  # noqa: S308 (drawn by segno from our own address)


def shows_qr(trip: Trip) -> bool:
    """Whether somebody at a station could ask for the code."""
    is_waiting = trip.booking.shown_state in {BookingState.CONFIRMED, BookingState.ARRIVED}
    return is_waiting or (trip.rental is not None and trip.rental.state == RentalState.ACTIVE)


def changing(trip: Trip) -> dict[str, Any]:
    """Say whether the trip may be changed or extended now, or which change of it waits for its money."""
    may_change = trip.booking.shown_state == BookingState.CONFIRMED
    may_extend = trip.rental is not None and _may_extend(trip.rental, trip.booking)
    waiting = open_change(trip.booking) if may_change or may_extend else None
    return {"may_change": may_change, "may_extend": may_extend, "waiting_change": waiting}


def _may_extend(rental: Rental, booking: Booking) -> bool:
    """Whether asking for an extension makes sense; whether there is room is another matter."""
    try:
        check_may_extend(rental, booking)
    except DomainError:
        return False
    return True


def may_cancel(booking: Booking) -> bool:
    """Whether the renter may still cancel."""
    return BOOKING.allows(booking.shown_state, BookingState.CANCELLED, ActorKind.RENTER)
