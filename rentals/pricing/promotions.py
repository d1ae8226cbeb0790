"""Promotion codes: whether one may be used, counted when a vehicle is held, given back when it comes to nothing."""

from collections.abc import Callable

from accounts.users.models import User
from rentals.pricing.enums import PromotionUseState
from rentals.pricing.errors import PromotionReason, PromotionRefused
from rentals.pricing.extras import PromotionTerms
from rentals.pricing.lines import Priced
from rentals.pricing.models import Quote
from rentals.pricing.offer_models import Promotion, PromotionUse
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core import clock, locks
from voltgo.core.money import format_dong

# (renter, reference that does not count) -> whether they have rented or booked before. Bookings stand
# right of prices and say so themselves when the app starts.
History = Callable[[User, str], bool]
_histories: list[History] = []


def register_history(history: History) -> None:
    """Let an area to the right say whether somebody has booked before. Safe to call twice."""
    if history not in _histories:
        _histories.append(history)


def terms_of(promotion: Promotion) -> PromotionTerms:
    """Return a promotion's rules as plain values."""
    return PromotionTerms(
        code=promotion.code,
        name=promotion.name,
        name_en=promotion.name_en,
        percent=promotion.percent,
        amount=promotion.amount,
        most_amount=promotion.most_amount,
        least_total=promotion.least_total,
    )


def find(code: str, *, model: VehicleModel, station: Station, renter: User | None) -> Promotion:
    """Return the promotion of a code if it may be used for this now; counts nothing and locks nothing.

    Raises:
        PromotionRefused: `reason` says why.
    """
    if renter is None:
        # Limits count persons, so the price is this person's. Asked first: a visitor learns nothing of codes.
        raise PromotionRefused(PromotionReason.SIGN_IN)
    promotion = Promotion.objects.filter(code=code.strip().upper(), is_active=True).first()
    if promotion is None:
        raise PromotionRefused(PromotionReason.UNKNOWN)
    if not promotion.valid_from <= clock.now() < promotion.valid_until:
        raise PromotionRefused(PromotionReason.NOT_NOW)
    if promotion.vehicle_kind not in {"", model.kind} or promotion.model_id not in {None, model.pk}:
        raise PromotionRefused(PromotionReason.NOT_THIS_VEHICLE)
    if promotion.city_id not in {None, station.city_id}:
        raise PromotionRefused(PromotionReason.NOT_HERE)
    _check_limits(promotion, renter, reference="")
    return promotion


def check_applied(promotion: Promotion, priced: Priced) -> None:
    """Refuse a code that took nothing off.

    Raises:
        PromotionRefused: the price does not go beyond the promotion's least total.
    """
    if all(line.code != "promotion" for line in priced.lines):
        raise PromotionRefused(PromotionReason.TOTAL_TOO_SMALL, least=format_dong(promotion.least_total))


def redeem(*, quote: Quote, reference: str, renter: User) -> PromotionUse | None:
    """Count a quote's promotion as used by a booking, inside the transaction that holds the vehicle.

    Judges the limits under a lock on the promotion, so that the last use goes to one of many. Call it last:
    everybody with this code waits from here to the commit. The period was judged when the price was shown,
    and that price is kept. Safe to call twice.

    Raises:
        PromotionRefused: it has been used up, or switched off, meanwhile.
    """
    if quote.promotion_id is None:
        return None
    promotion = locks.lock(Promotion.objects.filter(pk=quote.promotion_id))[0]
    before = promotion.uses.filter(reference=reference).first()
    if before is not None:
        return before
    if not promotion.is_active:
        raise PromotionRefused(PromotionReason.NOT_NOW)
    _check_limits(promotion, renter, reference=reference)
    off = -sum(line["gross"] for line in quote.lines if line["code"] == "promotion")
    return PromotionUse.objects.create(promotion=promotion, renter=renter, reference=reference, amount=off)


def give_back(*, reference: str) -> bool:
    """Give back the use of a booking that came to nothing; say whether there was one. Locks the use alone."""
    uses = PromotionUse.objects.filter(reference=reference, state=PromotionUseState.USED)
    return uses.update(state=PromotionUseState.RETURNED) > 0


def take_again(*, reference: str) -> bool:
    """Count a use again whose booking came back to life by late money; its price was promised."""
    uses = PromotionUse.objects.filter(reference=reference, state=PromotionUseState.RETURNED)
    return uses.update(state=PromotionUseState.USED) > 0


def _check_limits(promotion: Promotion, renter: User, *, reference: str) -> None:
    used = promotion.uses.filter(state=PromotionUseState.USED)
    if promotion.most_uses and used.count() >= promotion.most_uses:
        raise PromotionRefused(PromotionReason.USED_UP)
    if promotion.most_uses_each and used.filter(renter=renter).count() >= promotion.most_uses_each:
        raise PromotionRefused(PromotionReason.USED_BY_YOU)
    if promotion.is_first_booking_only and any(history(renter, reference) for history in _histories):
        raise PromotionRefused(PromotionReason.FIRST_BOOKING_ONLY)
