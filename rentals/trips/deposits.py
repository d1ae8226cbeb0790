"""Where a renter's deposit is, in plain words: with VoltGo, held on a card, or on its way back."""

from django.utils.translation import gettext as _

from payments.intents.enums import OPEN_STATES, Purpose
from payments.intents.models import PaymentIntent
from rentals.bookings.enums import BookingState
from rentals.handovers.deposits import DepositStanding, Standing, standing_with
from rentals.trips.selectors import Trip
from voltgo.core import clock
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import when

# Nothing is promised yet, or no longer.
NOT_YET = {BookingState.HELD, BookingState.EXPIRED}
COMING = {BookingState.CONFIRMED, BookingState.ARRIVED, BookingState.FULFILLED}


def deposit_to_pay(trip: Trip) -> PaymentIntent | None:
    """Return the request for the deposit alone that the renter can still pay."""
    wanted = [row for row in trip.intents if row.purpose == Purpose.DEPOSIT and row.state in OPEN_STATES]
    return next((row for row in reversed(wanted) if row.expires_at > clock.now()), None)


def deposit_words(trip: Trip) -> str:
    """Say where the deposit is now, in plain words."""
    amount, settlement = trip.booking.quote.deposit_amount, trip.settlement
    intent = trip.intent
    if intent is not None and intent.received_amount and trip.booking.shown_state in NOT_YET:
        return _words_of_a_part(trip, intent)
    if trip.booking.shown_state == BookingState.HELD:
        return _("%(amount)s, trả hoặc giữ trên thẻ cùng lúc trả tiền thuê.") % {
            "amount": format_dong(amount)
        }
    if settlement is not None and settlement.accepted_at is not None:
        return _settled_words(trip)
    standing = standing_with(trip.booking, trip.money.deposit)
    words = _held_words(standing) or (_coming_words(standing) if trip.booking.state in COMING else "")
    if words:
        return words
    if trip.refunds:
        return _("Hoàn đủ cùng lượt hủy.")
    return _("Chưa đặt cọc.")


def _words_of_a_part(trip: Trip, intent: PaymentIntent) -> str:
    """Say of a payment that came in part how much of it is deposit: the rent comes first."""
    deposit = intent.deposit_amount - intent.pledged_amount
    came = min(deposit, max(0, intent.received_amount - intent.prepayment_amount))
    values = {"came": format_dong(came), "amount": format_dong(deposit)}
    if trip.booking.shown_state == BookingState.EXPIRED:
        if not came:
            return _("Chưa nhận tiền cọc.")
        return _("Đã nhận %(came)s trong %(amount)s tiền cọc; khoản này được hoàn lại cho bạn.") % values
    if not came:
        return _("Chưa nhận: %(amount)s tiền cọc nằm trong phần còn thiếu.") % values
    return _("Đã nhận %(came)s trong %(amount)s; phần cọc còn lại nằm trong phần còn thiếu.") % values


def _held_words(standing: DepositStanding) -> str:
    money, on_card = format_dong(standing.money), format_dong(standing.on_card)
    if standing.money and standing.on_card:
        words = _("VoltGo giữ %(money)s, và %(on_card)s được giữ trên thẻ của bạn, chưa bị trừ.")
        return words % {"money": money, "on_card": on_card}
    if standing.on_card:
        words = _(
            "%(amount)s đang được giữ trên thẻ của bạn, chưa bị trừ. Hạn mức được trả lại sau quyết toán."
        )
        return words % {"amount": on_card}
    if standing.money:
        return _("VoltGo đang giữ %(amount)s và hoàn lại sau khi trả xe và quyết toán.") % {"amount": money}
    return ""


def _coming_words(standing: DepositStanding) -> str:
    amount = format_dong(standing.missing)
    match standing.standing:
        case Standing.PLANNED if standing.place_at is not None:
            words = _("%(amount)s sẽ được giữ trên thẻ của bạn từ %(when)s, không bị trừ.")
            return words % {"amount": amount, "when": when(standing.place_at)}
        case Standing.ASKED | Standing.PLANNED:
            return _("Đang yêu cầu ngân hàng giữ %(amount)s trên thẻ của bạn, không trừ tiền.") % {
                "amount": amount
            }
        case Standing.DECLINED:
            return _("Ngân hàng không giữ được %(amount)s trên thẻ. Thẻ không bị trừ.") % {"amount": amount}
        case Standing.WAIVED:
            return _("Bạn được miễn tiền cọc.")
        case _:
            return ""


def _settled_words(trip: Trip) -> str:
    settlement = trip.settlement
    if settlement is None:
        return ""
    values = {
        "captured": format_dong(settlement.captured_amount),
        "released": format_dong(settlement.released_amount),
    }
    if settlement.retained_amount and settlement.retained_until:
        values |= {
            "now": format_dong(settlement.released_amount - settlement.retained_amount),
            "retained": format_dong(settlement.retained_amount),
            "day": f"{settlement.retained_until:%d/%m/%Y}",
        }
        if settlement.captured_amount:
            words = _(
                "Trừ %(captured)s cho khoản phát sinh, trả lại %(now)s. "
                "Giữ %(retained)s đến %(day)s chờ phạt nguội rồi tự trả lại."
            )
        else:
            words = _("Trả lại %(now)s. Giữ %(retained)s đến %(day)s chờ phạt nguội rồi tự trả lại.")
        return words % values
    if settlement.captured_amount:
        return _("Trừ %(captured)s cho khoản phát sinh, hoàn %(released)s về nguồn đã trả.") % values
    if not settlement.deposit_amount:
        return _("Chuyến này không giữ tiền cọc.")
    return _("Hoàn đủ %(amount)s về nguồn đã trả.") % {"amount": values["released"]}
