"""Sending a picture of a fine to somebody who may see it; the caller has asked whether they may."""

from django.http import FileResponse, Http404

from rentals.fines.models import FineEvidence


def send_evidence(row: FineEvidence) -> FileResponse:
    """Return the picture, to be shown and kept by nobody on the way; 404 when its file is gone."""
    try:
        content = row.file.open("rb")
    except FileNotFoundError as gone:
        raise Http404 from gone
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(content, content_type="image/jpeg", headers=headers)
