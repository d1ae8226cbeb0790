"""The damage that is known of vehicles before they go out: drawn grey, so that only new marks are noted."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery

from rentals.handovers.models import DamageMark, Rental
from stations.fleet.models import Vehicle

Json = dict[str, Any]


def marks_of(vehicles: Iterable[Vehicle]) -> dict[int, list[Json]]:
    """Return by vehicle what was marked at pickup and return of its last rental. One query."""
    last = Rental.objects.filter(vehicle=OuterRef("pk"), started_at__isnull=False).order_by("-started_at")
    rentals = Vehicle.objects.filter(pk__in={row.pk for row in vehicles}).values(
        last=Subquery(last.values("pk")[:1])
    )
    rows = DamageMark.objects.filter(inspection__rental__in=rentals).order_by("pk")
    found: dict[int, list[Json]] = defaultdict(list)
    for mark in rows.select_related("inspection__rental"):
        found[mark.inspection.rental.vehicle_id].append(
            {"part": mark.part, "kind": mark.kind, "note": mark.note, "x": mark.x, "y": mark.y}
        )
    return found
