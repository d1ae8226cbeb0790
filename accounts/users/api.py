"""The mobile API of the account: sign a device in and out, see who I am."""

from typing import Any, cast

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.actors import renter_actor
from accounts.kyc.eligibility import papers_of
from accounts.users.models import ApiToken, User
from accounts.users.tokens import issue_token, revoke_token
from voltgo.core.api.throttles import SignInThrottle


class TokenInput(serializers.Serializer[Any]):
    """Who signs in, on which device; `code` is asked of those with a second factor."""

    email = serializers.EmailField()
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    device = serializers.CharField(max_length=120, required=False, default="")
    code = serializers.CharField(max_length=20, required=False, default="")


class TokenOutput(serializers.Serializer[Any]):
    """The token is shown this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class PaperOutput(serializers.Serializer[Any]):
    """One identity paper, without what stands on it."""

    kind = serializers.CharField()
    state = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)


class MeOutput(serializers.ModelSerializer[User]):
    papers = serializers.SerializerMethodField()

    class Meta:
        model = get_user_model()
        fields = ("public_id", "email", "full_name", "phone", "language", "papers")

    def get_papers(self, user: User) -> list[dict[str, Any]]:
        return list(PaperOutput(list(papers_of(user).values()), many=True).data)


class TokenCreate(APIView):
    """Sign a device in by email and password; answers with a bearer token."""

    permission_classes = (AllowAny,)
    # A wrong password must not be confused with a wrong token in the header.
    authentication_classes = ()
    throttle_classes = (SignInThrottle,)

    @extend_schema(request=TokenInput, responses={201: TokenOutput}, auth=[])
    def post(self, request: Request) -> Response:
        form = TokenInput(data=request.data)
        form.is_valid(raise_exception=True)
        # allauth counts failures on the plain request, which DRF wraps.
        secret, token = issue_token(request=request._request, **form.validated_data)  # noqa: SLF001 (DRF has no public name for it)
        output = TokenOutput({"token": secret, "expires_at": token.expires_at})
        return Response(output.data, status=status.HTTP_201_CREATED)


class TokenCurrent(APIView):
    """Sign this device out."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        if isinstance(request.auth, ApiToken):
            revoke_token(token=request.auth, by=renter_actor(cast("User", request.user)), reason="signed out")
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """Who I am, and where my papers stand."""

    @extend_schema(responses=MeOutput)
    def get(self, request: Request) -> Response:
        return Response(MeOutput(cast("User", request.user)).data)
