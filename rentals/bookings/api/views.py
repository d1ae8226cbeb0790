"""Endpoints below /api/v1/. Each parses, asks permission, calls one service or selector, answers."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from accounts.models import User
from payments.intents.enums import Provider
from payments.intents.models import PaymentIntent
from payments.intents.presentation import payment_ways
from payments.intents.selectors import held_by_newest_attempt, intents_of
from payments.intents.services import pay_with_credit, start_payment, stop_transfer
from rentals.bookings.api.inputs import HoldInput, PayInput, QuoteInput, SearchInput
from rentals.bookings.api.outputs import (
    BookingDetailOutput,
    BookingOutput,
    CancellationOutput,
    PaymentOutput,
    PaymentWaysOutput,
    QuoteOutput,
    StationOfferOutput,
)
from rentals.bookings.enums import CancelReason, Channel
from rentals.bookings.errors import HoldOver
from rentals.bookings.models import Booking
from rentals.bookings.rules import check_open, check_period
from rentals.bookings.selectors.search import search
from rentals.bookings.services import cancel_booking, hold_booking, refund_preview
from rentals.pricing.models import Quote
from rentals.pricing.services import Option, make_quote
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from voltgo.core.api.throttles import HoldThrottle, PromotionThrottle
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True,
    description="Any text that is new for each wish: a repeated request with the same key makes no second booking.",
)  # fmt: skip


def renter_of(request: Request) -> User:
    """Return the signed-in person; the permission class has refused everybody else."""
    return cast("User", request.user)


def bookings_of(user: User) -> QuerySet[Booking]:
    """Return a person's own bookings; another's answers 404."""
    return Booking.objects.filter(renter=user).select_related(
        "model", "quote__model", "quote__vehicle", "quote__pickup_station", "allocation__vehicle",
        "pickup_station", "return_station",
    )  # fmt: skip


class StationSearch(APIView):
    """Stations in reach and what is free there for the whole period, nearest or cheapest first."""

    permission_classes = (AllowAny,)

    @extend_schema(parameters=[SearchInput], responses=StationOfferOutput(many=True))
    def get(self, request: Request) -> Response:
        form = SearchInput(data=request.query_params)
        form.is_valid(raise_exception=True)
        found = search(form.validated_data["criteria"])
        return Response(StationOfferOutput(found.open, many=True).data)


class QuoteCreate(APIView):
    """Price one period exactly, with every line, and freeze the price for a few minutes."""

    permission_classes = (AllowAny,)

    def get_throttles(self) -> list[Any]:
        usual = super().get_throttles()
        sent = self.request.data
        tries_a_code = isinstance(sent, dict) and str(sent.get("promotion_code") or "").strip()
        return [*usual, PromotionThrottle()] if tries_a_code else usual

    @extend_schema(request=QuoteInput, responses={201: QuoteOutput})
    def post(self, request: Request) -> Response:
        form = QuoteInput(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        station = get_object_or_404(Station.objects.active().select_related("city"), slug=values["station"])
        vehicle = None
        if "vehicle" in values:
            vehicle = get_object_or_404(
                Vehicle.objects.at(station).select_related("model"), code=values["vehicle"]
            )
            model = vehicle.model
        else:
            model = get_object_or_404(VehicleModel, slug=values["model"])
        destination = None
        if "return_station" in values:
            destination = get_object_or_404(Station.objects.active(), slug=values["return_station"])
        check_period(values["period"])
        check_open(station, values["period"], destination)
        quote = make_quote(
            model=model,
            station=station,
            period=values["period"],
            vehicle=vehicle,
            return_station=destination,
            options=[Option(**option) for option in values["options"]],
            promotion_code=values["promotion_code"],
            renter=renter_of(request) if request.user.is_authenticated else None,
        )
        return Response(QuoteOutput(quote).data, status=status.HTTP_201_CREATED)


class QuoteDetail(APIView):
    """Read a quote again. Its id is a secret of whoever asked for it."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=QuoteOutput)
    def get(self, request: Request, quote_id: UUID) -> Response:
        return Response(QuoteOutput(get_object_or_404(Quote, pk=quote_id)).data)


class BookingList(generics.ListAPIView[Booking]):
    """My bookings, newest first; POST holds a vehicle at a quote's price."""

    serializer_class = BookingOutput

    def get_queryset(self) -> QuerySet[Booking]:
        if getattr(self, "swagger_fake_view", False):
            return Booking.objects.none()
        return bookings_of(renter_of(self.request)).order_by("-starts_at", "-pk")

    def get_throttles(self) -> list[Any]:
        return [HoldThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(request=HoldInput, parameters=[IDEMPOTENCY_KEY], responses={201: BookingDetailOutput})
    def post(self, request: Request) -> Response:
        form = HoldInput(data=request.data)
        form.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 64:
            raise InvalidInput(field="Idempotency-Key")
        user = renter_of(request)
        booking = hold_booking(
            renter=user,
            quote=get_object_or_404(Quote, pk=form.validated_data["quote"]),
            idempotency_key=f"api:{key}",
            by=renter_actor(user),
            channel=Channel.API,
        )
        output = BookingDetailOutput(bookings_of(user).get(pk=booking.pk))
        return Response(output.data, status=status.HTTP_201_CREATED)


class BookingDetail(APIView):
    """One of my bookings with its quote and its money."""

    @extend_schema(responses=BookingDetailOutput)
    def get(self, request: Request, code: str) -> Response:
        booking = get_object_or_404(bookings_of(renter_of(request)), code=code)
        return Response(BookingDetailOutput(booking).data)


class BookingPayment(APIView):
    """GET lists the ways to pay; POST starts one and answers with the provider's page.

    Only the provider's own message confirms. VoltGo credit pays at once, as far as it reaches.
    """

    @extend_schema(responses=PaymentWaysOutput)
    def get(self, request: Request, code: str) -> Response:
        booking = get_object_or_404(bookings_of(renter_of(request)), code=code)
        intent = intents_of(booking.reference).last()
        if intent is None:
            raise HoldOver
        return Response(PaymentWaysOutput(payment_ways(intent)).data)

    @extend_schema(request=PayInput, responses=PaymentOutput)
    def post(self, request: Request, code: str) -> Response:
        form = PayInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = renter_of(request)
        booking = get_object_or_404(bookings_of(user), code=code)
        intent = intents_of(booking.reference).last()
        if intent is None:
            raise HoldOver
        method = form.validated_data["method"]
        if method == Provider.CREDIT:
            paid = pay_with_credit(intent=intent, by=renter_actor(user))
            return _payment(intent, None, paid_by_credit=paid)
        if method and method != intent.provider:
            # As on the page: who pays in another way shall not be asked for the same money twice.
            stop_transfer(intent)
        destination = start_payment(
            intent=intent,
            method=method,
            origin=settings.SITE_URL,
            ip_address=request.META.get("REMOTE_ADDR", "127.0.0.1"),
            language=form.validated_data["language"],
            by=renter_actor(user),
        )
        return _payment(intent, destination)


def _payment(intent: PaymentIntent, destination: object, *, paid_by_credit: Dong = 0) -> Response:
    intent.refresh_from_db()
    payment = {
        "destination": destination,
        "amount": intent.amount,
        "paid_by_credit": paid_by_credit,
        "missing": intent.amount - intent.received_amount - intent.pledged_amount,
        "held": held_by_newest_attempt(intent),
        "expires_at": intent.expires_at,
    }
    return Response(PaymentOutput(payment).data)


class BookingCancellation(APIView):
    """GET shows what a cancellation would give back now; POST cancels."""

    @extend_schema(responses=CancellationOutput)
    def get(self, request: Request, code: str) -> Response:
        booking = get_object_or_404(bookings_of(renter_of(request)), code=code)
        return Response(CancellationOutput(refund_preview(booking)).data)

    @extend_schema(request=None, responses=CancellationOutput)
    def post(self, request: Request, code: str) -> Response:
        user = renter_of(request)
        booking = get_object_or_404(bookings_of(user), code=code)
        preview = cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(user))
        return Response(CancellationOutput(preview).data)
