"""The one document of the tablet app: a shell without personal data, the same at every address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rentals.handovers.enums import DamageKind
from rentals.tablet import assets, signing
from rentals.tablet.versioned import versioned
from stations.checklists import outlines
from stations.checklists.enums import Component
from stations.fleet.parts import PARTS
from stations.tablets.access import tablet_of_request
from stations.tablets.errors import TabletRevoked
from stations.tablets.models import Tablet


@require_safe
@cache_control(private=True, no_cache=True)
@versioned
def tablet_app(request: HttpRequest, screen: str = "") -> HttpResponse:
    """Answer the shell to an enrolled tablet, whoever is signed in: the worker keeps it for days without network.

    It holds words, templates and the station's name; no names of people, no token against forgery.
    """
    del screen  # The script reads the address; the document is the same for all of them.
    try:
        tablet = tablet_of_request(request)
    except TabletRevoked:
        return render(request, "station/tablet/revoked.html", status=410)
    if tablet is None:
        return render(request, "station/tablet/enrol.html", status=403)
    return render(request, "station/tablet/app.html", shell(tablet))


def shell(tablet: Tablet) -> dict[str, Any]:
    """Return what the document is drawn from."""
    return {
        "tablet": tablet,
        "station": tablet.station,
        "app_version": assets.version(),
        "worker_url": reverse("station:tablet-worker"),
        "snapshot_keys": signing.public_keys(),
        "kinds_with_parts": [(kind, list(parts.items())) for kind, parts in PARTS.items()],
        "damage_kinds": DamageKind.choices,
        "components": Component.choices,
        "outlines": [(name, static(f"{outlines.FOLDER}/{name}")) for name, _label in outlines.choices()],
    }
