"""Endpoints of changes and extensions below /api/v1/bookings/<code>/."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from payments.intents.addresses import client_address
from rentals.bookings.api.views import IDEMPOTENCY_KEY, renter_of
from rentals.bookings.models import Booking
from rentals.changes import services
from rentals.changes.api.inputs import ChangeInput, ConfirmInput, ExtensionInput
from rentals.changes.api.outputs import ChangeOutput, ChangePreviewOutput, LongestOutput
from rentals.changes.errors import CannotExtend
from rentals.changes.models import BookingChange
from rentals.changes.selectors import running_rental
from rentals.changes.services.request import fee_shown
from rentals.changes.wanted import Wanted, as_booked
from rentals.handovers.models import Rental
from rentals.pricing.lookups import Option
from rentals.pricing.models import Quote
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core.api.throttles import HoldThrottle
from voltgo.core.clock import Period
from voltgo.core.errors import InvalidInput


def _own_or_404(request: Request, code: str) -> Booking:
    """Return the person's own booking; another's answers 404."""
    bookings = Booking.objects.select_related(
        "quote", "allocation__vehicle", "model", "pickup_station", "return_station", "renter"
    )
    return get_object_or_404(bookings, renter=renter_of(request), code=code)


def _rental_of(booking: Booking) -> Rental:
    rental = running_rental(booking)
    if rental is None:
        raise CannotExtend
    return rental


def _asked(request: Request, booking: Booking) -> dict[str, Any]:
    """Return who asks for which quote, and from where; the fee that they agree to is the preview's."""
    form = ConfirmInput(data=request.data)
    form.is_valid(raise_exception=True)
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 64:
        raise InvalidInput(field="Idempotency-Key")
    quote_id: UUID = form.validated_data["quote"]
    quote = get_object_or_404(Quote.objects.filter(replaces__isnull=False), pk=quote_id)
    return {
        "quote": quote,
        "agreed_fee": fee_shown(booking, quote),
        "idempotency_key": f"api:{key}",
        "by": renter_actor(renter_of(request)),
        "ip_address": client_address(cast("HttpRequest", request)) or None,
        "device": request.headers.get("User-Agent", ""),
    }


def wanted_from(booking: Booking, values: dict[str, Any]) -> Wanted:
    """Return what the app asked for on top of what is booked.

    Raises:
        InvalidInput: the end is not after the start.
    """
    before = as_booked(booking)
    starts_at = values.get("starts_at", booking.starts_at).replace(second=0, microsecond=0)
    ends_at = values.get("ends_at", booking.ends_at).replace(second=0, microsecond=0)
    if ends_at <= starts_at:
        raise InvalidInput(field="ends_at")
    stations = Station.objects.active().select_related("city")
    wanted = before.but(period=Period(starts_at, ends_at))
    if "station" in values:
        station = get_object_or_404(stations, slug=values["station"])
        back = wanted.return_station if before.return_station != before.station else station
        wanted = wanted.but(station=station, return_station=back)
    if "return_station" in values:
        wanted = wanted.but(return_station=get_object_or_404(stations, slug=values["return_station"]))
    if "model" in values:
        wanted = wanted.but(model=get_object_or_404(VehicleModel, slug=values["model"]))
    if "options" in values:
        chosen = tuple(Option(row["slug"], row["quantity"]) for row in values["options"])
        wanted = wanted.but(options=chosen)
    is_same = (wanted.station, wanted.model) == (before.station, before.model)
    return wanted if is_same else wanted.but(vehicle=None)


class ChangePreview(APIView):
    """What a change would cost or give back. Writes nothing but a frozen quote."""

    @extend_schema(request=ChangeInput, responses={201: ChangePreviewOutput})
    def post(self, request: Request, code: str) -> Response:
        booking = _own_or_404(request, code)
        form = ChangeInput(data=request.data)
        form.is_valid(raise_exception=True)
        preview = services.preview_change(booking=booking, wanted=wanted_from(booking, form.validated_data))
        return Response(ChangePreviewOutput(preview).data, status=status.HTTP_201_CREATED)


class _Throttled(APIView):
    def get_throttles(self) -> list[Any]:
        return [HoldThrottle()] if self.request.method == "POST" else super().get_throttles()


class ChangeList(_Throttled):
    """The changes of a booking, newest first; POST asks for one that was previewed."""

    @extend_schema(responses=ChangeOutput(many=True))
    def get(self, request: Request, code: str) -> Response:
        changes = BookingChange.objects.filter(booking=_own_or_404(request, code))
        rows = changes.select_related("booking", "after_quote", "vehicle").order_by("-pk")
        return Response(ChangeOutput(rows, many=True).data)

    @extend_schema(request=ConfirmInput, parameters=[IDEMPOTENCY_KEY], responses={201: ChangeOutput})
    def post(self, request: Request, code: str) -> Response:
        booking = _own_or_404(request, code)
        change = services.request_change(booking=booking, **_asked(request, booking))
        return Response(ChangeOutput(change).data, status=status.HTTP_201_CREATED)


class ChangeDetail(APIView):
    """One change; DELETE takes back one that waits for its money."""

    @extend_schema(responses=ChangeOutput)
    def get(self, request: Request, code: str, change_code: str) -> Response:
        return Response(ChangeOutput(self._own_or_404(request, code, change_code)).data)

    @extend_schema(responses=ChangeOutput)
    def delete(self, request: Request, code: str, change_code: str) -> Response:
        change = self._own_or_404(request, code, change_code)
        change = services.withdraw_change(change=change, by=renter_actor(renter_of(request)))
        return Response(ChangeOutput(change).data)

    def _own_or_404(self, request: Request, code: str, change_code: str) -> BookingChange:
        changes = BookingChange.objects.select_related("booking", "after_quote", "vehicle")
        return get_object_or_404(
            changes, booking__renter=renter_of(request), booking__code=code, code=change_code
        )


class ExtensionPreview(APIView):
    """What keeping the vehicle longer would cost. A refusal names the longest extension in `details`."""

    @extend_schema(request=ExtensionInput, responses={201: ChangePreviewOutput})
    def post(self, request: Request, code: str) -> Response:
        rental = _rental_of(_own_or_404(request, code))
        form = ExtensionInput(data=request.data)
        form.is_valid(raise_exception=True)
        ends_at = form.validated_data["ends_at"].replace(second=0, microsecond=0)
        back = None
        if "return_station" in form.validated_data:
            back = get_object_or_404(Station.objects.active(), slug=form.validated_data["return_station"])
        preview = services.preview_extension(rental=rental, ends_at=ends_at, return_station=back)
        return Response(ChangePreviewOutput(preview).data, status=status.HTTP_201_CREATED)


class ExtensionList(_Throttled):
    """GET says how long the rental may last; POST asks for an extension that was previewed."""

    @extend_schema(responses=LongestOutput)
    def get(self, request: Request, code: str) -> Response:
        rental = _rental_of(_own_or_404(request, code))
        return Response(LongestOutput({"longest": services.longest_extension(rental)}).data)

    @extend_schema(request=ConfirmInput, parameters=[IDEMPOTENCY_KEY], responses={201: ChangeOutput})
    def post(self, request: Request, code: str) -> Response:
        booking = _own_or_404(request, code)
        change = services.request_extension(rental=_rental_of(booking), **_asked(request, booking))
        return Response(ChangeOutput(change).data, status=status.HTTP_201_CREATED)
