"""What is kept of money that was paid ahead, when a booking is cancelled or made smaller."""

from collections.abc import Callable, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from payments.intents.selectors import payments_of
from payments.intents.services import recognise_revenue
from payments.invoices import taxes
from payments.invoices.documents import Detail, PaidBy, ReceiptLine
from payments.invoices.enums import Activity
from payments.invoices.models import Receipt
from payments.invoices.services import issue_fee_receipt
from rentals.bookings.collecting import Part, collected_lines, parts_of
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.pricing.models import Quote
from voltgo.core.actors import Actor
from voltgo.core.clock import local
from voltgo.core.money import Dong

VIETNAMESE, ENGLISH = "vi", "en"


def keep_fee(*, booking: Booking, fee: Dong, paid_for: Quote, key: str, by: Actor) -> Receipt | None:
    """Book a fee as earned out of what was paid for a quote, and issue its receipt; nothing if there is none.

    Its VAT is that of the money when it was collected: today's rate is not its tax point. If the rules say
    that such a fee carries no VAT, it has none. The caller holds the booking's lock. Safe to call twice with
    one key.
    """
    if not fee:
        return None
    parts = _parts(booking, fee, paid_for)
    vat = sum(part.vat for part in parts)
    recognise_revenue(
        reference=booking.reference, lines=[("fee", fee - vat, vat)], idempotency_key=key, by=by
    )
    words = _words_of(booking)
    return issue_fee_receipt(
        reference=booking.reference,
        key=key,
        payer=booking.renter,
        lines=[
            ReceiptLine(*words, gross=part.gross, vat_bp=part.vat_bp if part.vat else None, vat=part.vat)
            for part in parts
        ],
        title=_both(lambda: _("Biên nhận phí được giữ lại")),
        details=_details(booking),
        paid_by=_paid_by(booking, fee),
        item=str(booking.model),
        by=by,
    )


def _parts(booking: Booking, fee: Dong, paid_for: Quote) -> Sequence[Part]:
    collected_on = local(booking.confirmed_at or booking.created_at).date()
    if taxes.vat_bp_on(Activity.CANCELLATION, collected_on) is None:
        return [Part(0, fee, 0)]
    return parts_of(fee, collected_lines(booking, paid_for))


def _words_of(booking: Booking) -> tuple[str, str]:
    if booking.state == BookingState.NO_SHOW:
        return _both(lambda: _("Phí không đến nhận xe"))
    if booking.state == BookingState.CANCELLED:
        return _both(lambda: _("Phí hủy lượt đặt"))
    return _both(lambda: _("Phí đổi lượt đặt"))


def _details(booking: Booking) -> list[Detail]:
    facts: list[tuple[Callable[[], str], str]] = [
        (lambda: _("Mã đặt xe"), booking.code),
        (lambda: _("Xe"), str(booking.model)),
        (lambda: _("Trạm nhận"), booking.pickup_station.name),
        (lambda: _("Giờ nhận đã đặt"), f"{local(booking.starts_at):%H:%M %d/%m/%Y}"),
    ]
    return [Detail(*_both(label), value) for label, value in facts]


def _paid_by(booking: Booking, fee: Dong) -> list[PaidBy]:
    """Say that the fee is a part of what was paid ahead, and how that was paid."""
    first = payments_of(booking.reference).filter(prepayment_amount__gt=0).first()
    if first is None:
        return []
    way = first.get_provider_display()
    return [PaidBy(way, way, fee, first.paid_at)]


def _both(words: Callable[[], str]) -> tuple[str, str]:
    return _in(VIETNAMESE, words), _in(ENGLISH, words)


def _in(language: str, words: Callable[[], str]) -> str:
    with translation.override(language):
        return words()
