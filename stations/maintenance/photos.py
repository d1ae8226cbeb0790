"""Photos of tickets: cleaned before anything is locked, kept once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from stations.maintenance.enums import PhotoStage
from stations.maintenance.errors import TooManyPhotos
from stations.maintenance.models import MaintenanceTicket, TicketPhoto
from voltgo.core.images import CleanPhoto, Upload, clean_photo

MOST_PHOTOS = 8
Photo = Upload | CleanPhoto


def cleaned(photos: Iterable[Photo]) -> list[CleanPhoto]:
    """Turn uploads into pictures that can be kept.

    Raises:
        TooManyPhotos: more than eight at once.
        PhotoRefused: one of them is no picture that can be kept.
    """
    given = list(photos)
    if len(given) > MOST_PHOTOS:
        raise TooManyPhotos
    return [photo if isinstance(photo, CleanPhoto) else clean_photo(photo) for photo in given]


def keep(ticket: MaintenanceTicket, stage: PhotoStage, photos: Sequence[CleanPhoto], at: datetime) -> None:
    """Keep pictures with a ticket; one that was sent before is not kept twice."""
    for photo in photos:
        sent = photo.uploaded_sha256 or photo.sha256
        if TicketPhoto.objects.filter(ticket=ticket, stage=stage, uploaded_sha256=sent).exists():
            continue
        TicketPhoto.objects.create(
            ticket=ticket,
            stage=stage,
            file=photo.as_file(),
            sha256=photo.sha256,
            uploaded_sha256=sent,
            at=at,
        )
