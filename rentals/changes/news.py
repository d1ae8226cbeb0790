"""What a renter is told about a change."""

from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.intents.going_back import going_back
from payments.intents.selectors import refunds_under
from rentals.changes.difference import Difference
from rentals.changes.enums import ChangeKind
from rentals.changes.models import BookingChange
from voltgo.core.money import Dong


def tell_applied(change: BookingChange) -> None:
    """Tell of a change that applies, or of an extension, once; within the caller's transaction."""
    booking, before = change.booking, change.before_quote
    difference = Difference(change.rent_difference, change.deposit_difference, change.fee_amount)
    common = {
        "code": booking.code,
        "vehicle_model": str(booking.model),
        "ends_at": booking.ends_at,
        "before_ends_at": before.ends_at,
    }
    # A vehicle that only comes back elsewhere is not kept any longer.
    if change.kind == ChangeKind.EXTENSION and booking.ends_at > before.ends_at:
        _tell(change, MessageKind.RENTAL_EXTENDED, {**common, "amount": difference.due})
        return
    _tell(
        change,
        MessageKind.BOOKING_CHANGED,
        {
            **common,
            "starts_at": booking.starts_at,
            "before_starts_at": before.starts_at,
            "pickup_name": booking.pickup_station.name,
            "return_name": booking.return_station.name,
            "difference": difference.balance,
            "back": _back_words(change, change.reference),
            "total_amount": booking.quote.total_amount,
        },
    )


def tell_refunded(change: BookingChange, amount: Dong) -> None:
    """Say that a change was paid too late and that the money goes back."""
    back = _back_words(change, f"{change.reference}:late")
    _tell(
        change,
        MessageKind.BOOKING_CHANGE_REFUNDED,
        {"code": change.booking.code, "amount": amount, "back": back},
    )


def _back_words(change: BookingChange, key: str) -> str:
    with translation.override(change.booking.renter.language):
        return going_back(refunds_under(key))


def _tell(change: BookingChange, kind: MessageKind, context: dict[str, object]) -> None:
    notify(
        user=change.booking.renter,
        kind=kind,
        key=f"{kind}:{change.code}",
        reference=change.booking.reference,
        context=context,
    )
