"""What renters like to find again."""

from accounts.users.models import User
from rentals.waitlist.models import Favourite
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station

Thing = Station | VehicleModel | Vehicle


def key_of(thing: Thing) -> dict[str, Thing]:
    """Return the column and value under which a thing is remembered."""
    if isinstance(thing, Station):
        return {"station": thing}
    return {"model": thing} if isinstance(thing, VehicleModel) else {"vehicle": thing}


def add_favourite(*, renter: User, thing: Thing) -> Favourite:
    """Remember a station, a model or a vehicle for a renter; once, however often it is asked."""
    empty = {"station": None, "model": None, "vehicle": None}
    favourite, _is_new = Favourite.objects.get_or_create(renter=renter, **{**empty, **key_of(thing)})
    return favourite


def remove_favourite(*, renter: User, thing: Thing) -> bool:
    """Forget it again; say whether there was anything to forget."""
    removed, _rows = Favourite.objects.filter(renter=renter, **key_of(thing)).delete()
    return removed > 0
