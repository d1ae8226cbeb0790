"""What renters like to find again."""

from typing import Any

from accounts.users.models import User
from rentals.waitlist.favourites import Thing, kind_of
from rentals.waitlist.models import Favourite

NOTHING: dict[str, Any] = {"station": None, "model": None, "vehicle": None}


def add_favourite(*, renter: User, thing: Thing) -> Favourite:
    """Remember a station, a model or a vehicle for a renter; once, however often it is asked."""
    columns: dict[str, Any] = NOTHING | {kind_of(thing): thing}
    favourite, _is_new = Favourite.objects.get_or_create(renter=renter, **columns)
    return favourite


def remove_favourite(*, renter: User, thing: Thing) -> bool:
    """Forget it again; say whether there was anything to forget."""
    removed, _rows = Favourite.objects.filter(renter=renter, **{kind_of(thing): thing}).delete()
    return removed > 0
