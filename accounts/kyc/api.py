"""The mobile API of identity: what one agrees to, photographs of each paper, how they stand."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from accounts.kyc import consent, services
from accounts.kyc.enums import SIDES_OF, ConsentPurpose, DocumentKind, ImageSide
from accounts.kyc.outlook import is_being_read, outlook_of
from accounts.kyc.selectors import PaperSummary, identity_summary
from accounts.users.models import User
from voltgo.core.api.throttles import PapersThrottle
from voltgo.core.errors import NotFound


class BadSideOutput(serializers.Serializer[Any]):
    """A photograph to take again, and why."""

    side = serializers.ChoiceField(choices=ImageSide.choices)
    problem = serializers.CharField()


class IdentityPaperOutput(serializers.Serializer[Any]):
    """One paper that is asked for. `number` shows its last digits only; `title` and `words` are for people."""

    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    status = serializers.CharField()
    sides = serializers.ListField(child=serializers.CharField())
    is_to_do = serializers.BooleanField()
    is_enough = serializers.BooleanField()
    is_being_read = serializers.BooleanField()
    title = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())
    bad_sides = BadSideOutput(many=True)
    number = serializers.CharField()
    licence_classes = serializers.ListField(child=serializers.CharField())
    expires_on = serializers.DateField(allow_null=True)


class IdentityOutput(serializers.Serializer[Any]):
    """Where everything stands. Ask again every second while `is_reading`, less often while `is_pending`."""

    may_book = serializers.BooleanField()
    is_reading = serializers.BooleanField()
    is_pending = serializers.BooleanField()
    papers = IdentityPaperOutput(many=True)


class ConsentOutput(serializers.Serializer[Any]):
    """One purpose, its present words, and since when they were agreed to."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    title = serializers.CharField()
    text = serializers.CharField()
    version = serializers.CharField()
    is_required = serializers.BooleanField()
    given_at = serializers.DateTimeField(allow_null=True)


class ConsentInput(serializers.Serializer[Any]):
    """A purpose, and the version of the words that the person has read."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    version = serializers.CharField(max_length=20)


class ConsentsInput(serializers.Serializer[Any]):
    consents = ConsentInput(many=True, allow_empty=False)


class PhotographsInput(serializers.Serializer[Any]):
    """Photographs by side; a side that was good before may be left out."""

    front = serializers.FileField(required=False)
    back = serializers.FileField(required=False)


class Identity(APIView):
    """Where my papers stand."""

    @extend_schema(responses=IdentityOutput)
    def get(self, request: Request) -> Response:
        return Response(_identity(cast("User", request.user)))


class PaperPhotographs(APIView):
    """Hand in the photographs of one paper; they are read at once, and the answer shows how it stands."""

    parser_classes = (MultiPartParser,)

    def get_throttles(self) -> list[BaseThrottle]:
        return [PapersThrottle()]

    @extend_schema(request={"multipart/form-data": PhotographsInput}, responses={202: IdentityOutput})
    def post(self, request: Request, kind: str) -> Response:
        if kind not in DocumentKind.values:
            raise NotFound
        form = PhotographsInput(data=request.data)
        form.is_valid(raise_exception=True)
        user = cast("User", request.user)
        services.submit_document(
            user=user,
            kind=kind,
            images={
                side: form.validated_data[side] for side in SIDES_OF[kind] if side in form.validated_data
            },
            by=renter_actor(user),
            ip_address=_address(request),
            device=request.headers.get("User-Agent", ""),
        )
        return Response(_identity(user), status=status.HTTP_202_ACCEPTED)


class Consents(APIView):
    """What I am asked to agree to, and what I have agreed to."""

    @extend_schema(responses=ConsentOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(_consents(cast("User", request.user)))

    @extend_schema(request=ConsentsInput, responses={201: ConsentOutput(many=True)})
    def post(self, request: Request) -> Response:
        form = ConsentsInput(data=request.data)
        form.is_valid(raise_exception=True)
        user, given = cast("User", request.user), form.validated_data["consents"]
        consent.give(
            user=user,
            purposes=[each["purpose"] for each in given],
            versions={each["purpose"]: each["version"] for each in given},
            language=get_language() or user.language,
            ip_address=_address(request),
            device=request.headers.get("User-Agent", ""),
            by=renter_actor(user),
        )
        return Response(_consents(user), status=status.HTTP_201_CREATED)


class ConsentOfPurpose(APIView):
    """Take one agreement back."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, purpose: str) -> Response:
        user = cast("User", request.user)
        if purpose not in ConsentPurpose.values or not consent.withdraw(
            user=user, purpose=purpose, by=renter_actor(user)
        ):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


def _identity(user: User) -> dict[str, Any]:
    summary = identity_summary(user)
    standing = {
        "may_book": summary.is_complete,
        "is_reading": any(is_being_read(paper) for paper in summary.papers),
        "is_pending": any(paper.is_waiting and not paper.is_enough for paper in summary.papers),
        "papers": [_paper(paper) for paper in summary.papers],
    }
    return dict(IdentityOutput(standing).data)


def _paper(paper: PaperSummary) -> dict[str, Any]:
    outlook, document = outlook_of(paper), paper.document
    is_approved = paper.is_approved and document is not None
    return {
        "kind": paper.kind,
        "status": paper.status,
        "sides": SIDES_OF[paper.kind],
        "is_to_do": paper.is_to_do,
        "is_enough": paper.is_enough,
        "is_being_read": is_being_read(paper),
        "title": outlook.tag,
        "words": outlook.lines,
        "bad_sides": [{"side": side, "problem": words} for side, words in paper.bad_sides.items()],
        "number": document.masked_number if is_approved and document else "",
        "licence_classes": document.licence_classes if is_approved and document else [],
        "expires_on": document.expires_on if is_approved and document else None,
    }


def _consents(user: User) -> list[dict[str, Any]]:
    given = {row.purpose: row for row in consent.consents_of(user) if row.withdrawn_at is None}
    rows = [
        {
            "purpose": purpose,
            "title": purpose.label,
            "text": consent.TEXTS[purpose],
            "version": consent.VERSIONS[purpose],
            "is_required": purpose in consent.REQUIRED,
            "given_at": given[purpose].given_at if _is_present(given, purpose) else None,
        }
        for purpose in consent.offered()
    ]
    return list(ConsentOutput(rows, many=True).data)


def _is_present(given: dict[str, Any], purpose: str) -> bool:
    return purpose in given and given[purpose].version == consent.VERSIONS[purpose]


def _address(request: Request) -> str:
    # allauth looks at the plain request, which DRF wraps.
    return get_adapter().get_client_ip(request._request) or ""  # noqa: SLF001 (DRF has no public name for it)
