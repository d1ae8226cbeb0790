"""HTML to PDF through WeasyPrint, byte for byte repeatable, with no access to the network."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders

STATIC_SCHEME = "voltgo-static"


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered PDF and the SHA-256 of its bytes."""

    content: bytes
    sha256: str


def _fetch(url: str, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
    """Resolve `voltgo-static:path` from our own static files and data: URLs; refuse everything else."""
    parts = urlsplit(url)
    if parts.scheme == STATIC_SCHEME:
        path = finders.find(parts.path)
        if path is None:
            raise ValueError(f"no static file {parts.path}")
        with open(str(path), "rb") as file:
            return {"string": file.read()}
    if parts.scheme == "data":
        from weasyprint import default_url_fetcher

        return dict(default_url_fetcher(url))
    raise ValueError(f"a document may not load {parts.scheme}: addresses")


def render(html: str, *, identifier: str, created_at: datetime) -> Document:
    """Render a page of HTML. The same input gives the same bytes, in any process.

    `html` should carry <meta name=dcterms.created> and <meta name=dcterms.modified>; the identifier
    becomes the PDF's own id.
    """
    from weasyprint import HTML

    content = HTML(string=html, url_fetcher=_fetch, base_url=f"{STATIC_SCHEME}:").write_pdf(
        pdf_identifier=hashlib.md5(identifier.encode(), usedforsecurity=False).digest(),
        pdf_variant="pdf/a-3a",
    )
    assert content is not None
    return Document(content, hashlib.sha256(content).hexdigest())
