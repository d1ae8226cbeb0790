"""Endpoints of the waitlist and of favourites, below /api/v1/."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from rentals.bookings.api.views import renter_of
from rentals.waitlist.api.inputs import FavouriteInput, WaitInput
from rentals.waitlist.api.outputs import EntryOutput, FavouriteOutput
from rentals.waitlist.favourites import Thing, favourites_of, thing_of
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.selectors import open_entries
from rentals.waitlist.services import add_favourite, join_waitlist, remove_favourite, withdraw_entry
from voltgo.core.api.throttles import HoldThrottle


class Waitlist(APIView):
    """What I wait for, offers first; POST joins the queue for a model that is taken."""

    def get_throttles(self) -> list[Any]:
        return [HoldThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(responses=EntryOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(EntryOutput(open_entries(renter_of(request)), many=True).data)

    @extend_schema(request=WaitInput, responses={201: EntryOutput})
    def post(self, request: Request) -> Response:
        form = WaitInput(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        user = renter_of(request)
        entry = join_waitlist(
            renter=user,
            station=values["station"],
            model=values["model"],
            period=values["period"],
            by=renter_actor(user),
        )
        output = EntryOutput(open_entries(user).get(pk=entry.pk))
        return Response(output.data, status=status.HTTP_201_CREATED)


class WaitlistWithdrawal(APIView):
    """Leave a queue; an offer that was made is let go for the next."""

    @extend_schema(request=None, responses=EntryOutput)
    def post(self, request: Request, code: str) -> Response:
        user = renter_of(request)
        entry = get_object_or_404(WaitlistEntry.objects.filter(renter=user), code=code)
        return Response(EntryOutput(withdraw_entry(entry=entry, by=renter_actor(user))).data)


class Favourites(APIView):
    """What I like, newest first; POST adds a station, a model or a vehicle."""

    @extend_schema(responses=FavouriteOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(FavouriteOutput(favourites_of(renter_of(request)), many=True).data)

    @extend_schema(request=FavouriteInput, responses={201: FavouriteOutput(many=True)})
    def post(self, request: Request) -> Response:
        form = FavouriteInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = renter_of(request)
        add_favourite(renter=user, thing=_thing_or_404(**form.validated_data))
        return Response(FavouriteOutput(favourites_of(user), many=True).data, status=status.HTTP_201_CREATED)


class FavouriteRemoval(APIView):
    """Forget a favourite; forgetting it twice changes nothing."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, kind: str, slug: str) -> Response:
        remove_favourite(renter=renter_of(request), thing=_thing_or_404(kind, slug))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _thing_or_404(kind: str, slug: str) -> Thing:
    thing = thing_of(kind, slug)
    if thing is None:
        raise Http404
    return thing
