"""Looks at images and numbers, each of them on record. Permission is the caller's business."""

from django.db import transaction
from django.db.models.fields.files import FieldFile

from accounts.kyc.enums import ImageSide, ViewPurpose
from accounts.kyc.models import IdentityDocument
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import NotFound

DEVICE_LENGTH = 200


def open_image(
    *,
    document: IdentityDocument,
    side: str,
    by: Actor,
    purpose: str,
    ip_address: str = "",
    device: str = "",
) -> FieldFile:
    """Open one image of a paper and write down who looked at it, why and from where; the caller closes the file.

    A person's look at their own paper is noted without the address they came from. The look is on record before
    the picture is opened, and stays there if it then cannot be.

    Raises:
        NotFound: there is no such image, or it was erased.
        KeysAway: it cannot be decrypted now.
    """
    image = document.images.filter(side=side).first() if side in ImageSide.values else None
    if image is None:
        raise NotFound
    purpose = ViewPurpose(purpose)
    came_from = (
        {} if purpose == ViewPurpose.OWN else {"ip_address": ip_address, "device": device[:DEVICE_LENGTH]}
    )
    audit.record(
        "document.viewed",
        f"document:{document.pk}",
        by=by,
        user=document.user.public_id,
        side=side,
        purpose=str(purpose),
        **{name: value for name, value in came_from.items() if value},
    )
    try:
        image.file.open("rb")
    except FileNotFoundError as error:
        raise NotFound from error
    return image.file


@transaction.atomic
def read_number(*, document: IdentityDocument, by: Actor, purpose: str) -> str:
    """Return the number in the clear and write down who read it and why."""
    audit.record(
        "document.number_read",
        f"document:{document.pk}",
        by=by,
        user=document.user.public_id,
        purpose=str(ViewPurpose(purpose)),
    )
    return document.number
