"""What the counter's views share: loading within the station, rendering, the guided steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render

from rentals.bookings.models import Booking
from rentals.contracts.services import current_contract
from rentals.handovers.desk import Desk
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.models import Inspection, Rental
from rentals.handovers.progress import Progress, pickup_progress, return_progress
from voltgo.core import clock

UNPROCESSABLE = 422

_RENTALS = Rental.objects.select_related(
    "booking__quote", "booking__model", "renter", "vehicle__model", "pickup_station", "return_station"
)


def page(
    request: HttpRequest, desk: Desk, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the station with what every one of them shows."""
    shared = {"desk": desk, "station": desk.station, "data_as_of": clock.now()}
    return render(request, template, shared | context, status=status)


def handover_at(desk: Desk, code: str) -> Rental:
    """Return the rental that this station hands out; 404 for any other."""
    return get_object_or_404(_RENTALS, booking__code=code, pickup_station=desk.station)


def return_at(desk: Desk, code: str) -> Rental:
    """Return the rental that this station takes back; 404 for any other."""
    return get_object_or_404(_RENTALS, booking__code=code, return_station=desk.station)


def booking_at(desk: Desk, code: str) -> Booking:
    """Return a booking that starts or ends at this station; 404 for any other."""
    rows = Booking.objects.select_related(
        "quote", "renter", "model", "allocation__vehicle__model", "pickup_station", "return_station", "rental"
    )
    here = rows.filter(pickup_station=desk.station) | rows.filter(return_station=desk.station)
    return get_object_or_404(here, code=code)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to: also an empty post is one, and must be answered."""
    return request.POST if request.method == "POST" else None


@dataclass(slots=True)
class StepPage:
    """One page of a guided handover or return: what it is about and how it goes on."""

    request: HttpRequest
    desk: Desk
    rental: Rental
    inspection: Inspection
    code: str
    prefix: str
    read_progress: Callable[[], Progress]

    @property
    def progress(self) -> Progress:
        """How far it is now; read anew each time, because the page's own service has just written."""
        return self.read_progress()

    @property
    def vehicle_kind(self) -> str:
        return self.rental.vehicle.model.kind

    def render(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """Render this step's template; a refused form answers 422 unless told otherwise."""
        progress = self.progress
        form = context.get("form")
        if form is not None and form.errors and status == 200:
            status = UNPROCESSABLE
        shared = {
            "rental": self.rental,
            "booking": self.rental.booking,
            "vehicle": self.rental.vehicle,
            "inspection": self.inspection,
            "progress": progress,
            "current": progress.number_of(self.code),
            "step": self.code,
            "prefix": self.prefix,
        }
        template = f"station/{self.prefix}/{self.code}.html"
        return page(self.request, self.desk, template, shared | context, status=status)

    def go_on(self) -> HttpResponse:
        """Redirect to the next unfinished step."""
        return redirect(self.progress.after(self.code).href)

    def stay(self) -> HttpResponse:
        """Redirect to this step again, after a form that adds one thing to it."""
        return redirect(self.request.path)


def pickup_step(request: HttpRequest, desk: Desk, code: str, step: str) -> StepPage:
    """Load one step of a handover."""
    rental = handover_at(desk, code)
    inspection = (
        rental.inspections.select_related("checklist")
        .prefetch_related("photos", "damages")
        .get(kind=InspectionKind.PICKUP)
    )
    inspection.rental = rental

    def progress() -> Progress:
        fresh = _fresh(inspection)
        return pickup_progress(rental, fresh, current_contract(rental.booking))

    return StepPage(request, desk, rental, inspection, step, "handover", progress)


def return_step(request: HttpRequest, desk: Desk, code: str, step: str) -> StepPage:
    """Load one step of a return that has begun; 404 before that."""
    rental = return_at(desk, code)
    rows = Inspection.objects.select_related("checklist").prefetch_related("photos", "damages")
    inspection = get_object_or_404(rows, rental=rental, kind=InspectionKind.RETURN)
    inspection.rental = rental

    def progress() -> Progress:
        return return_progress(rental, _fresh(inspection))

    return StepPage(request, desk, rental, inspection, step, "return", progress)


def is_at_the_counter(rental: Rental) -> bool:
    """Say whether a handover is under way."""
    return rental.state in {RentalState.PREPARING, RentalState.READY_TO_SIGN}


def _fresh(inspection: Inspection) -> Inspection:
    """Read the inspection again, with the rental that is in memory."""
    fresh = Inspection.objects.prefetch_related("photos").get(pk=inspection.pk)
    fresh.rental, fresh.checklist = inspection.rental, inspection.checklist
    return fresh
