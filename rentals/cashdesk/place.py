"""Which drawer is a station's."""

from payments.cash.models import CashDrawer
from payments.cash.services import ensure_drawer
from stations.network.models import Station

PREFIX = "station:"


def place_ref(station: Station) -> str:
    return f"{PREFIX}{station.code}"


def station_of(reference: str) -> Station | None:
    """Return the station whose drawer it is; None for any other place."""
    code = reference.removeprefix(PREFIX)
    return Station.objects.filter(code=code).first() if code != reference else None


def drawer_of(station: Station) -> CashDrawer:
    """Return the station's drawer, made when it is first needed."""
    return ensure_drawer(place_ref=place_ref(station), name=f"Két {station.name}")
