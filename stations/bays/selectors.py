"""Where a vehicle could still be taken in, for lists."""

from collections.abc import Iterable

from django.db.models import Count, Q

from stations.bays.models import BayReservation
from stations.bays.services import RETIRED
from stations.network.models import Station


def free_bays_of(stations: Iterable[Station]) -> dict[int, int]:
    """Return {station id: bays that are free and not expected to be taken}, in two queries."""
    ids = [station.pk for station in stations]
    expected = dict(
        BayReservation.objects.standing()
        .filter(station__in=ids)
        .values_list("station")
        .annotate(count=Count("pk"))
    )
    based = Count("vehicles", filter=~Q(vehicles__lifecycle=RETIRED))
    rows = Station.objects.filter(pk__in=ids).annotate(based=based).values_list("pk", "bays", "based")
    return {pk: bays - based - expected.get(pk, 0) for pk, bays, based in rows}
