"""Endpoints of camera fines, below /api/v1/; a fine of somebody else does not exist."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from rentals.bookings.api.views import renter_of
from rentals.fines.api.outputs import FineOutput, ObjectionInput
from rentals.fines.models import TrafficFine
from rentals.fines.selectors import fines_of
from rentals.fines.services import accept_fine, contest_fine
from rentals.fines.viewing import send_evidence
from voltgo.core.api.pagination import Pages


class Fines(APIView):
    """My camera fines, newest first."""

    @extend_schema(responses=FineOutput(many=True))
    def get(self, request: Request) -> Response:
        pages = Pages()
        page = pages.paginate_queryset(fines_of(renter_of(request)), request, view=self)
        return pages.get_paginated_response(FineOutput(page, many=True).data)


class FineDetail(APIView):
    """One of my camera fines."""

    @extend_schema(responses=FineOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(FineOutput(_own(request, code)).data)


class FineAcceptance(APIView):
    """Accept a fine: what is kept of the deposit pays first; `payment_url` leads to the rest."""

    @extend_schema(request=None, responses=FineOutput)
    def post(self, request: Request, code: str) -> Response:
        accept_fine(fine=_own(request, code), by=renter_actor(renter_of(request)))
        return Response(FineOutput(_own(request, code)).data)


class FineObjection(APIView):
    """Contest a fine in time; nothing is taken until VoltGo has answered."""

    @extend_schema(request=ObjectionInput, responses=FineOutput)
    def post(self, request: Request, code: str) -> Response:
        form = ObjectionInput(data=request.data)
        form.is_valid(raise_exception=True)
        contest_fine(
            fine=_own(request, code),
            objection=form.validated_data["objection"],
            by=renter_actor(renter_of(request)),
        )
        return Response(FineOutput(_own(request, code)).data)


class FineEvidencePicture(APIView):
    """One picture of the evidence, as JPEG."""

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, code: str, evidence_id: int) -> HttpResponseBase:
        return send_evidence(get_object_or_404(_own(request, code).evidence, pk=evidence_id))


def _own(request: Request, code: str) -> TrafficFine:
    return get_object_or_404(fines_of(renter_of(request)), code=code)
