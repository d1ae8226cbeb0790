"""The address from which a tablet fetches its snapshot."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from rentals.tablet.snapshot import snapshot_of
from stations.tablets.access import person_of_request, tablet_api
from stations.tablets.models import Tablet

SIGNED_OUT = 401
NOT_MODIFIED = 304


@require_safe
@tablet_api
def snapshot(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Answer the signed snapshot to an enrolled tablet on which somebody of its station is signed in.

    304 while nothing has changed; after half an hour it is sent all the same, because it is good for a day only.
    """
    if person_of_request(request, tablet) is None:
        return JsonResponse({"code": "signed_out"}, status=SIGNED_OUT)
    found = snapshot_of(tablet.station)
    tag = quote_etag(found.tag)
    if tag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=NOT_MODIFIED)
    else:
        response = JsonResponse({**found.signed(), "tag": tag})
    response.headers["ETag"] = tag
    return response
