"""What every template may read."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from voltgo.core import clock


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "YEAR": clock.today().year,
        "MAP_TILES": settings.MAP_TILES,
        "SUPPORT_PHONE": settings.SUPPORT_PHONE,
        "IS_PRODUCTION": settings.IS_PRODUCTION,
    }
