"""Pages that belong to no area: errors, refusals and the gallery of components."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from voltgo.core.api.problems import problem_response
from voltgo.core.errors import DomainError, IllegalTransition
from voltgo.core.logs import current_request_id

logger = logging.getLogger(__name__)

API_PREFIX = "/api/"
# Shown when even the error page cannot be rendered.
LAST_RESORT = "<!doctype html><meta charset=utf-8><title>VoltGo</title><p>{message}</p><p>{reference}</p>"


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Say on a page of its own what a rule refused; a missing thing looks like any missing page."""
    if error.status == 404:
        return page_not_found(request, error)
    template = "refused.html"
    if error.status == 403:
        template = "403.html"
    elif isinstance(error, IllegalTransition):
        template = "409.html"
    # What is gone stays gone.
    may_retry = request.method == "GET" and error.status != 410
    retry_url = request.get_full_path() if may_retry else ""
    return _page(request, template, error.status, str(error), code=error.code, retry_url=retry_url)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: a request that no browser of ours sends."""
    return _answer(request, "400.html", 400, "bad_request", _("Yêu cầu không hợp lệ."))


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _answer(request, "403.html", 403, "not_allowed", _("Bạn không có quyền thực hiện việc này."))


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, the same for what does not exist and for what is not yours."""
    return _answer(request, "404.html", 404, "not_found", _("Không tìm thấy."))


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching the session, the user or the database, which may be the cause."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _unavailable(request)
    message = _("Hệ thống gặp lỗi. Hãy thử lại sau ít phút.")
    if request.path.startswith(API_PREFIX):
        return problem_response(request, code="server_error", status=500, title=message)
    return _bare_page("500.html", 500, message)


def _unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: the database is away or gave up waiting; the same request may soon succeed."""
    message = _("VoltGo tạm thời không phục vụ được. Hãy thử lại sau ít phút.")
    if request.path.startswith(API_PREFIX):
        response: HttpResponse = problem_response(request, code="unavailable", status=503, title=message)
    else:
        response = _bare_page("503.html", 503, message)
    response.headers["Retry-After"] = "30"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old: usually a page that was left open over a sign-in."""
    logger.info("csrf refused %s: %s", request.path, reason)
    message = _("Trang đã mở quá lâu. Hãy tải lại trang rồi gửi lại.")
    return _answer(request, "403_csrf.html", 403, "csrf_failed", message)


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state; only where SHOW_GALLERY is on."""
    try:
        return HttpResponse(render_to_string("components/gallery.html", {}, request))
    except TemplateDoesNotExist as missing:
        raise Http404 from missing


def _answer(request: HttpRequest, template: str, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return problem_response(request, code=code, status=status, title=message)
    return _page(request, template, status, message, code=code)


def _page(request: HttpRequest, template: str, status: int, message: str, **context: object) -> HttpResponse:
    """Render an error page with the site's frame; fall back to the bare one if the frame itself fails."""
    context |= {"message": message, "status": status, "reference": current_request_id()}
    try:
        return HttpResponse(render_to_string(template, context, request), status=status)
    except Exception:
        logger.exception("the page for status %s could not be rendered", status)
        return _bare_page(template, status, message)


def _bare_page(template: str, status: int, message: str) -> HttpResponse:
    """Render without a request: no context processor, so no session, user or query."""
    reference = current_request_id()
    try:
        content: str = render_to_string(
            template, {"message": message, "status": status, "reference": reference}
        )
    except Exception:
        logger.exception("the bare page for status %s could not be rendered", status)
        content = LAST_RESORT.format(message=message, reference=reference)
    return HttpResponse(content, status=status)
