"""Photos of tickets and transfers, for the people who work on them and for operators."""

from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.access.people import signed_in
from rentals.handovers.views.photos import tile
from stations.maintenance.access import may_see
from stations.maintenance.models import TicketPhoto
from stations.network.access import posts_of
from stations.transfers.models import TransferPhoto


@require_safe
@login_required
def ticket_photo(request: HttpRequest, photo_id: int) -> HttpResponse:
    photo = get_object_or_404(TicketPhoto.objects.select_related("ticket"), pk=photo_id)
    user = signed_in(request)
    if not may_see(user, photo.ticket) and not user.has_perm("stations.view_ticketphoto"):
        raise Http404
    return _picture(request, photo.file)


@require_safe
@login_required
def transfer_photo(request: HttpRequest, photo_id: int) -> HttpResponse:
    photo = get_object_or_404(TransferPhoto.objects.select_related("transfer"), pk=photo_id)
    user, ends = signed_in(request), {photo.transfer.origin_id, photo.transfer.destination_id}
    if not posts_of(user).filter(station__in=ends).exists() and not user.has_perm(
        "stations.view_transferphoto"
    ):
        raise Http404
    return _picture(request, photo.file)


def _picture(request: HttpRequest, file: FieldFile) -> HttpResponse:
    with file.open("rb") as source:
        content = source.read()
    if request.GET.get("size") != "full":
        content = tile(content)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)
