"""Plays the payer on a sandbox's page over real HTTP."""

import re
from html import unescape

import httpx

TIMEOUT_SECONDS = 20.0
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_ACTION = re.compile(r'<form method="post" action="([^"]+)"')
_CODE = re.compile(r"<b>([^<]+)</b>")


class PageRefused(Exception):
    """The payment page did not open or did not end as it should."""


def pay(url: str, outcome: str = "success") -> str:
    """Open a payment page, choose an outcome, and return the address to which the payer is sent back.

    By then the callback has usually been delivered. The return address itself is not visited.
    """
    origin = httpx.URL(url).copy_with(path="/", query=None, fragment=None)
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as browser:
        response = browser.get(url)
        while response.next_request is not None and _same(response.next_request.url, origin):
            response = browser.send(response.next_request)
        if response.is_redirect:
            # The sandbox was told to end payments without asking.
            return response.headers["Location"]
        token, action = _TOKEN.search(response.text), _ACTION.search(response.text)
        if response.status_code != httpx.codes.OK or token is None or action is None:
            raise PageRefused(f"{response.status_code}: {_code_of(response.text)}")
        answer = browser.post(
            origin.join(unescape(action.group(1))), data={"token": token.group(1), "outcome": outcome}
        )
        if not answer.is_redirect:
            raise PageRefused(f"{answer.status_code}: {_code_of(answer.text)}")
        return answer.headers["Location"]


def _same(url: httpx.URL, origin: httpx.URL) -> bool:
    return (url.host, url.port) == (origin.host, origin.port)


def _code_of(page: str) -> str:
    found = _CODE.search(page)
    return found.group(1) if found else "no code"
