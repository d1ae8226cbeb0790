"""A page as its reader sees it."""

import re

from django.test import Client

HIDDEN = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


def words_of(content: bytes) -> str:
    """Return the words of a page: no tags, one plain space between words."""
    words = HIDDEN.sub(" ", content.decode()).replace("&nbsp;", " ").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", words)


def page(client: Client, address: str, query: dict[str, str] | None = None) -> str:
    """Return the words of a page that answers 200."""
    response = client.get(address, query)
    assert response.status_code == 200
    return words_of(response.content)
