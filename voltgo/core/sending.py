"""Sending private files to the one who may read them; permission is checked before."""

from io import BytesIO
from typing import IO

from django.http import FileResponse


def send_pdf(content: bytes | IO[bytes], *, filename: str, as_attachment: bool = False) -> FileResponse:
    """Return a PDF to be shown or saved, and kept by nobody on the way.

    Chromium shows a PDF in a page of its own making, which obeys the policy of the answer: with the site's
    policy it stays blank (crbug.com/271452). A PDF cannot run our pages' scripts, so only framing is barred.
    """
    body = BytesIO(content) if isinstance(content, bytes) else content
    response = FileResponse(
        body, as_attachment=as_attachment, filename=filename, content_type="application/pdf"
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    return response
