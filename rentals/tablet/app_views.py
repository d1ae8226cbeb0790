"""The one document of the tablet app: a shell without personal data, the same at every address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from stations.tablets.access import TabletRevoked, tablet_of_request


@require_safe
@cache_control(private=True, no_cache=True)
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
    return render(request, "station/tablet/app.html", {"tablet": tablet, "station": tablet.station})
