"""HTML to PDF through WeasyPrint, byte for byte repeatable, with no access to the network."""

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

# Never looked up: an address under which our static files stand for a document, so that its links and those
# of its stylesheets are relative to `static/`. A made-up scheme would not do: relative addresses need one that
# the standard library knows.
STATIC_ORIGIN = "https://static.invalid/"


class CannotRender(Exception):
    """A document names a file that is missing or that it may not load."""


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered PDF and the SHA-256 of its bytes."""

    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file carried inside of a PDF: what the pages say, for programs to read."""

    name: str
    content: bytes
    description: str


def render(
    html: str, *, identifier: str, created_at: datetime, attached: Sequence[Attached] = ()
) -> Document:
    """Render a page of HTML as PDF/A-3a. The same input gives the same bytes, in any process.

    Relative addresses in the page are files under `static/`; besides them it loads data: addresses only.
    `identifier` becomes the PDF's own id and `created_at` its date, and that of each attached file, which
    stands in the relationship "Data" to the document.

    Raises:
        CannotRender: the page refers to something else, or to a static file that does not exist.
    """
    # Imported late: it loads Pango, which the web process does not need to start.
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError

    try:
        document = HTML(string=html, url_fetcher=_own_files_only(), base_url=STATIC_ORIGIN).render()
        moment = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        document.metadata.created = document.metadata.modified = moment
        document.metadata.attachments = [
            Attachment(
                string=each.content,
                name=each.name,
                description=each.description,
                relationship="Data",
                created=created_at.astimezone(UTC),
                modified=created_at.astimezone(UTC),
            )
            for each in attached
        ]
        content = document.write_pdf(
            pdf_identifier=hashlib.md5(identifier.encode(), usedforsecurity=False).digest(),
            pdf_variant="pdf/a-3a",
        )
    except FatalURLFetchingError as error:
        raise CannotRender(str(error)) from error
    assert content is not None
    return Document(content, hashlib.sha256(content).hexdigest())


@lru_cache(maxsize=1)
def _own_files_only() -> "URLFetcher":
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Finds our static files; stops the rendering at anything else rather than leave it out."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> "URLFetcherResponse":
            parts = urlsplit(url)
            if parts.scheme == "data":
                return super().fetch(url, headers)  # type: ignore[no-any-return, no-untyped-call]
            if not url.startswith(STATIC_ORIGIN):
                raise FatalURLFetchingError(f"a document may not load {parts.scheme}: addresses")
            path = unquote(parts.path).lstrip("/")
            found = finders.find(path)
            if found is None:
                raise FatalURLFetchingError(f"no static file {path}")
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            return URLFetcherResponse(url, Path(str(found)).read_bytes(), {"Content-Type": kind})

    return OwnFilesOnly(fail_on_errors=True)  # type: ignore[no-untyped-call]
