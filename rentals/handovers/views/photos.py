"""The photos of an inspection: for the renter, the staff of the station, and operators."""

import io

from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from PIL import Image

from accounts.users.models import User
from rentals.handovers.models import DamageMark, InspectionPhoto, Rental
from stations.network.access import posts_of

# What a tile on the tablet needs; `?size=full` gives the whole picture.
TILE_SIDE = 720
TILE_QUALITY = 78


@require_safe
@login_required
def inspection_photo(request: HttpRequest, photo_id: int) -> HttpResponse:
    photo = get_object_or_404(InspectionPhoto.objects.select_related("inspection__rental"), pk=photo_id)
    return _picture(request, photo.inspection.rental, photo.file)


@require_safe
@login_required
def damage_photo(request: HttpRequest, mark_id: int) -> HttpResponse:
    mark = get_object_or_404(DamageMark.objects.select_related("inspection__rental"), pk=mark_id)
    if not mark.photo:
        raise Http404
    return _picture(request, mark.inspection.rental, mark.photo)


def _picture(request: HttpRequest, rental: Rental, file: FieldFile) -> HttpResponse:
    """Stream a picture to whoever may see it; a stranger learns nothing."""
    if not isinstance(request.user, User) or not _may_see(request.user, rental):
        raise Http404
    with file.open("rb") as source:
        content = source.read()
    if request.GET.get("size") != "full":
        content = tile(content)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def _may_see(user: User, rental: Rental) -> bool:
    if rental.renter_id == user.pk or user.has_perm("rentals.view_inspectionphoto"):
        return True
    stations = {rental.pickup_station_id, rental.return_station_id}
    return posts_of(user).filter(station__in=stations).exists()


def tile(content: bytes) -> bytes:
    """Shrink one of our own pictures for a tile. Its decoder skips what is thrown away anyway."""
    image = Image.open(io.BytesIO(content), formats=("JPEG",))
    image.draft("RGB", (TILE_SIDE, TILE_SIDE))
    image.thumbnail((TILE_SIDE, TILE_SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=TILE_QUALITY)
    return out.getvalue()
