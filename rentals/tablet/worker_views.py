"""What makes the tablet app one that stays: its worker, its manifest, and its document in each language."""

import json
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from rentals.tablet import app_views, assets

SCOPE = "/station/"
ICONS = (
    ("img/tablet/icon-192.png", "192x192", "any"),
    ("img/tablet/icon-512.png", "512x512", "any"),
    ("img/tablet/icon-maskable-512.png", "512x512", "maskable"),
)


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """Answer the service worker: its file, told which files and pages it keeps and what they are together."""
    told = {
        "version": assets.version(),
        "assets": assets.addresses(),
        "shells": {language: shell_address(language) for language, _name in settings.LANGUAGES},
        "app": reverse("station:tablet-app"),
    }
    content = f"const APP = {json.dumps(told, indent=1)};\n\n{assets.worker_source()}"
    return HttpResponse(
        content, content_type="text/javascript; charset=utf-8", headers={"Service-Worker-Allowed": SCOPE}
    )


@require_safe
def tablet_shell(request: HttpRequest, language: str) -> HttpResponse:
    """Answer the app's document in a language, whatever the tablet's own: the worker keeps it in both."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        response = app_views.tablet_app(request)
    # The worker takes all or nothing; a page that asks to enrol is nothing.
    if response.status_code == HTTPStatus.OK:
        response.headers["Content-Language"] = language
    return response


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Answer what a device needs to install the app."""
    home = reverse("station:tablet-app")
    described = {
        "id": home,
        "name": _("VoltGo – quầy giao nhận"),
        "short_name": _("VoltGo quầy"),
        "description": _("Giao xe, nhận lại xe và thu tiền tại trạm, cả khi mất mạng."),
        "lang": translation.get_language(),
        "start_url": home,
        "scope": SCOPE,
        "display": "standalone",
        "orientation": "any",
        "background_color": "#F6F8F6",
        "theme_color": "#0A6B4E",
        "icons": [
            {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


def shell_address(language: str) -> str:
    """Return where the app's document lies in a language."""
    return reverse("station:tablet-shell", args=[language])
