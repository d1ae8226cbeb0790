"""Asking for a change: its time is claimed before the old one is let go, then it is paid or applied."""

from datetime import timedelta

from django.db import IntegrityError, transaction

from payments.intents.locking import lock_reference
from payments.intents.services import create_intent
from rentals.bookings.models import Booking
from rentals.bookings.services import one_way
from rentals.changes.difference import Difference
from rentals.changes.enums import CHANGE, ChangeKind
from rentals.changes.errors import ChangeWaits, PreviewOver
from rentals.changes.models import BookingChange, new_change_code
from rentals.changes.selectors import waiting_change
from rentals.changes.services.apply import apply_change
from rentals.changes.services.claims import secure
from rentals.changes.services.lapse import lapse_if_over
from rentals.changes.services.preview import check_change, fresh, preview_of
from rentals.changes.wanted import Wanted
from rentals.policies.selectors import policy_today
from rentals.pricing.models import Quote
from stations.bays.services import reserve_bay
from voltgo.core import clock, states
from voltgo.core.actors import Actor
from voltgo.core.money import Dong


def request_change(
    *,
    booking: Booking,
    quote: Quote,
    idempotency_key: str,
    by: Actor,
    ip_address: str | None = None,
    device: str = "",
    agreed_fee: Dong | None = None,
) -> BookingChange:
    """Change a confirmed booking to what a preview has shown; `quote` is the preview's.

    The time that the booking lacks is held at once. If something is due, the change waits for the money as long
    as a hold does, and the booking stays as it was; else it applies at once and what is too much goes back.
    Locks the booking, its payments, the station of a bay, then vehicles. Safe to call twice with one key.
    With `agreed_fee` nothing happens if another amount of the rent given up would be kept by now.

    Raises:
        PreviewOver: the quote is too old, used, or made from terms that no longer stand; or the fee is another.
        CannotChange, ChangeWaits, PeriodNotOffered, StationClosed, NotEligible, SupplyTooLow, NoBayFree,
        VehicleUnavailable: as preview_change; nothing was written.
    """
    key = key_of(booking, idempotency_key)
    before = BookingChange.objects.filter(idempotency_key=key).first()
    if before is not None:
        return before
    lapse_if_over(booking)
    current = fresh(booking)
    check_quote(current, quote)
    check_change(current, wanted_of(quote))
    return open_change_once(
        booking=current,
        kind=ChangeKind.CHANGE,
        quote=quote,
        key=key,
        by=by,
        origin=(ip_address, device),
        agreed_fee=agreed_fee,
    )


def fee_shown(booking: Booking, quote: Quote) -> Dong:
    """Return what of the rent would be kept by the preview that made a quote, for who agrees to it unseen."""
    return preview_of(fresh(booking), quote, quote.created_at).difference.fee


def key_of(booking: Booking, idempotency_key: str) -> str:
    """Return the key of one request; a key that a client uses for two bookings means two requests."""
    return f"{booking.code}:{idempotency_key}"[:100]


def wanted_of(quote: Quote) -> Wanted:
    """Return what a preview's quote stands for; its add-ons count as chosen."""
    return Wanted(
        period=quote.period,
        station=quote.pickup_station,
        return_station=quote.return_station,
        model=quote.model,
        vehicle=quote.vehicle,
        options=tuple(quote.options),
    )


def check_quote(booking: Booking, quote: Quote) -> None:
    """Refuse a quote that no preview of this booking as it stands has made.

    Raises:
        PreviewOver: it is another booking's, used, too old, or the booking has changed since.
    """
    is_stale = quote.replaces_id != booking.quote_id or quote.expires_at <= clock.now()
    if is_stale or BookingChange.objects.filter(after_quote=quote).exists():
        raise PreviewOver


def open_change_once(
    *,
    booking: Booking,
    kind: ChangeKind,
    quote: Quote,
    key: str,
    by: Actor,
    origin: tuple[str | None, str],
    agreed_fee: Dong | None,
) -> BookingChange:
    """Open a change; the same request twice at once finds the other's."""
    try:
        return _open(
            booking=booking, kind=kind, quote=quote, key=key, by=by, origin=origin, agreed_fee=agreed_fee
        )
    except IntegrityError:
        twin = BookingChange.objects.filter(idempotency_key=key).first()
        if twin is not None:
            return twin
        raise ChangeWaits from None


@transaction.atomic
def _open(
    *,
    booking: Booking,
    kind: ChangeKind,
    quote: Quote,
    key: str,
    by: Actor,
    origin: tuple[str | None, str],
    agreed_fee: Dong | None,
) -> BookingChange:
    lock_reference(booking.reference)
    current = fresh(booking)
    twin = BookingChange.objects.filter(idempotency_key=key).first()
    if twin is not None:
        return twin
    if current.state != booking.state:
        raise PreviewOver
    if waiting_change(current) is not None:
        raise ChangeWaits
    check_quote(current, quote)
    preview = preview_of(current, quote)
    if agreed_fee not in {None, preview.difference.fee}:
        raise PreviewOver
    code = new_change_code()
    expires_at = clock.now() + timedelta(minutes=policy_today().hold_minutes)
    if one_way.is_one_way(quote) and quote.return_station_id != current.return_station_id:
        reserve_bay(
            station=quote.return_station,
            claimant=f"change:{code}",
            arrives_at=quote.ends_at,
            held_until=expires_at,
        )
    vehicle = secure(booking=current, quote=quote, claimant=f"change:{code}", hold_expires_at=expires_at)
    change = BookingChange.objects.create(
        code=code,
        booking=current,
        kind=kind,
        before_quote=current.quote,
        after_quote=quote,
        vehicle=vehicle,
        rent_difference=preview.difference.rent,
        deposit_difference=preview.difference.deposit,
        fee_amount=preview.difference.fee,
        idempotency_key=key,
        expires_at=expires_at,
        ip_address=origin[0] or None,
        device=origin[1][:200],
    )
    states.begin(CHANGE, change, by=by)
    if preview.difference.due:
        _ask_for_money(change, preview.difference, by)
    else:
        apply_change(change=change, by=by)
    return change


def _ask_for_money(change: BookingChange, difference: Difference, by: Actor) -> None:
    booking = change.booking
    create_intent(
        payer=booking.renter,
        reference=booking.reference,
        purpose="change",
        prepayment_amount=difference.due_rent,
        deposit_amount=difference.due_deposit,
        expires_at=change.expires_at,
        idempotency_key=change.reference,
        by=by,
        description=f"VoltGo {booking.code} {change.code}",
    )
