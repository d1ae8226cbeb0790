"""Errors of the API as RFC 9457 problem documents: a stable `code`, words for people, fields by name."""

import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from voltgo.core.errors import DomainError
from voltgo.core.logs import current_request_id

CONTENT_TYPE = "application/problem+json"
# An identifier, not an address: nothing is served there.
TYPE_PREFIX = "urn:voltgo:problem:"
RESERVED = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
NON_FIELD = "non_field_errors"


def document(
    *,
    code: str,
    status: int,
    title: str,
    detail: str = "",
    path: str = "",
    members: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build a problem document. Extra members never replace a standard one; only `errors` may be given."""
    problem: dict[str, Any] = {"type": f"{TYPE_PREFIX}{code}", "title": title, "status": status, "code": code}
    if detail and detail != title:
        problem["detail"] = detail
    problem["instance"] = path
    problem["request_id"] = current_request_id()
    return problem | {
        name: value for name, value in (members or {}).items() if name not in RESERVED - {"errors"}
    }


def problem_response(request: HttpRequest, *, code: str, status: int, title: str) -> JsonResponse:
    """Answer outside of DRF: an unknown address under /api/, a crash, a failed CSRF check."""
    body = document(code=code, status=status, title=title, path=request.path)
    return JsonResponse(
        body, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False}
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Translate what a view raised. Unknown errors return None: Django logs them and answers 500."""
    request = context.get("request")
    path = request.path if request is not None else ""
    if isinstance(exc, DomainError):
        details = {name: _plain(value) for name, value in exc.details.items()}
        problem = document(code=exc.code, status=exc.status, title=str(exc), path=path, members=details)
        headers: dict[str, str] = {}
    else:
        known = _as_api_exception(exc)
        if known is None:
            return None
        problem = _from_api_exception(known, path)
        headers = _headers(known)
    set_rollback()
    return Response(problem, status=problem["status"], headers=headers, content_type=CONTENT_TYPE)


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, ValidationError):
        return exceptions.ValidationError(exc.message_dict if hasattr(exc, "error_dict") else exc.messages)
    return None


def _from_api_exception(exc: exceptions.APIException, path: str) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flatten(exc.get_full_details()))
        return document(
            code="invalid_input",
            status=422,
            title=_("Dữ liệu chưa hợp lệ."),
            path=path,
            members={"errors": errors},
        )
    code, title = _name(exc)
    members: dict[str, Any] = {}
    wait = _wait_seconds(exc)
    if wait is not None:
        members["retry_after_seconds"] = wait
    return document(
        code=code, status=exc.status_code, title=title, detail=str(exc.detail), path=path, members=members
    )


def _name(exc: exceptions.APIException) -> tuple[str, str]:
    """Return the stable code and the title of an error that DRF knows."""
    if isinstance(exc, exceptions.NotFound):
        return "not_found", _("Không tìm thấy.")
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return "not_signed_in", _("Bạn cần đăng nhập.")
    if isinstance(exc, exceptions.PermissionDenied):
        return "not_allowed", _("Bạn không có quyền thực hiện việc này.")
    if isinstance(exc, exceptions.Throttled):
        return "too_many_requests", _("Quá nhiều yêu cầu. Hãy thử lại sau.")
    if isinstance(exc, exceptions.ParseError):
        return "unreadable_body", _("Không đọc được nội dung yêu cầu.")
    return str(exc.default_code), str(exc.default_detail)


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    challenge = getattr(exc, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = _wait_seconds(exc)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return headers


def _wait_seconds(exc: exceptions.APIException) -> int | None:
    """Return a throttle's wait, rounded up: a client that waits exactly this long is not refused again."""
    wait = getattr(exc, "wait", None)
    return None if wait is None else math.ceil(wait)


def _flatten(details: Any, path: str = "") -> Any:
    """Yield {field, code, message} for each leaf of DRF's nested error details."""
    if _is_leaf(details):
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, dict):
        for name, value in details.items():
            inner = path if name == NON_FIELD else f"{path}.{name}".lstrip(".")
            yield from _flatten(value, inner)
    elif isinstance(details, list):
        for position, value in enumerate(details):
            yield from _flatten(value, path if _is_leaf(value) else f"{path}.{position}".lstrip("."))


def _is_leaf(value: Any) -> bool:
    """Tell DRF's {message, code} pair from an object whose fields happen to have these names."""
    return isinstance(value, dict) and set(value) == {"message", "code"} and isinstance(value["code"], str)


def _plain(value: Any) -> Any:
    """Keep what JSON can carry; write everything else as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return str(value)
