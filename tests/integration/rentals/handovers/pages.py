"""What the tests of the station's pages share."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from stations.checklists import first
from tests.factories.accounts import photo_bytes, photo_upload
from tests.factories.handovers import SMALL


def url(name: str, *args: object) -> str:
    return reverse(f"station:{name}", args=args)


def photos(kind: str = "car") -> dict[str, SimpleUploadedFile]:
    """Return one upload per position."""
    return {
        item.code: photo_upload(content=photo_bytes(*SMALL))
        for item in first.checklist("pickup", kind).photos
    }


def codes(kind: str = "car", inspection: str = "pickup") -> list[str]:
    """Return every code of a checklist."""
    return [item.code for item in first.checklist(inspection, kind).items]


def text_of(response: HttpResponse) -> str:
    """Return the page with every run of spaces, no-break ones too, as one space."""
    return re.sub(r"\s+", " ", response.content.decode())
