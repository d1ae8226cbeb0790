"""What a renter is told about a change."""

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
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
            "total_amount": booking.quote.total_amount,
        },
    )


def tell_refunded(change: BookingChange, amount: Dong) -> None:
    """Say that a change was paid too late and that the money goes back."""
    _tell(change, MessageKind.BOOKING_CHANGE_REFUNDED, {"code": change.booking.code, "amount": amount})


def _tell(change: BookingChange, kind: MessageKind, context: dict[str, object]) -> None:
    notify(
        user=change.booking.renter,
        kind=kind,
        key=f"{kind}:{change.code}",
        reference=change.booking.reference,
        context=context,
    )
