"""A payer who uses the hosted page, for tests and demonstrations."""

from urllib.parse import urljoin

import httpx

from payments.gateways.stripe.sandbox.cards import MAIN
from payments.gateways.stripe.sandbox.page import APPROVE, REJECT
from voltgo.core import http


def pay(page_url: str, card: str = MAIN, *, code_is_right: bool = True) -> str:
    """Use a card, answer the bank if it asks, and return the address to which the payer is sent in the end."""
    with http.client() as client:
        answer = client.post(page_url, data={"outcome": card})
        address = _next(page_url, answer)
        if "/3ds/" in address:
            answer = client.post(address, data={"outcome": APPROVE if code_is_right else REJECT})
            address = _next(page_url, answer)
        return address


def _next(page_url: str, answer: httpx.Response) -> str:
    return urljoin(page_url, str(answer.headers.get("location", "")))
