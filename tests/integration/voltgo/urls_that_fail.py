"""Addresses that raise, for the tests of error answers."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from voltgo.core.errors import DomainError, IllegalTransition, InvalidInput, NotAllowed, NotFound
from voltgo.urls import handler400, handler403, handler404, handler500
from voltgo.urls import urlpatterns as real

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class JustTaken(DomainError):
    code = "just_taken"
    message = "Xe vừa được người khác giữ."


ERRORS: dict[str, Exception] = {
    "taken": JustTaken(alternatives=["VG-1", "VG-2"], status=200, attempts=3),
    "moved": IllegalTransition(),
    "not-allowed": NotAllowed(),
    "missing": NotFound(),
    "invalid": InvalidInput("Giờ trả phải sau giờ nhận."),
    "http404": Http404(),
    "denied": PermissionDenied(),
    "suspicious": SuspiciousOperation("a secret reason"),
    "database-away": OperationalError("connection to server at 10.0.0.5 failed"),
    "crash": RuntimeError("a secret detail"),
    "throttled": exceptions.Throttled(wait=12.3),
    "parse": exceptions.ParseError(),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def fail_in_api(request: Request, kind: str) -> Response:
    raise ERRORS[kind]


class Line(serializers.Serializer[None]):
    amount = serializers.IntegerField(min_value=1)
    code = serializers.CharField()
    message = serializers.CharField()


class Order(serializers.Serializer[None]):
    name = serializers.CharField(max_length=5)
    lines = Line(many=True)

    def validate_name(self, value: str) -> str:
        if value == "bad":
            raise serializers.ValidationError("Tên này không dùng được.", code="name_refused")
        return value


@api_view(["POST"])
@permission_classes([AllowAny])
def order(request: Request) -> Response:
    Order(data=request.data).is_valid(raise_exception=True)
    return Response({"ok": True})


@api_view(["GET", "POST"])
@permission_classes([IsAuthenticated])
def private(request: Request) -> Response:
    return Response({"user": request.user.pk})


urlpatterns = [
    path("fail/<slug:kind>/", fail),
    path("api/v1/fail/<slug:kind>/", fail_in_api),
    path("api/v1/order/", order),
    path("api/v1/private/", private),
    *real,
]
