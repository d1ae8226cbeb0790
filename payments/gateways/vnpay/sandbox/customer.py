"""Plays the payer on the sandbox's pages over real HTTP."""

import re

import httpx

from payments.gateways.vnpay.sandbox.pages import CONFIRM_PATH

TIMEOUT_SECONDS = 20.0
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


class PageRefused(Exception):
    """The payment page did not open or did not end as it should."""


def pay(url: str, outcome: str = "success") -> str:
    """Open a payment address, choose an outcome, and return the address to which the payer is sent back.

    By then the notification has usually been delivered. The return address itself is not visited.
    """
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as browser:
        response = browser.get(url)
        if response.is_redirect and CONFIRM_PATH.rsplit("/", 1)[0] in response.headers["Location"]:
            response = browser.get(str(response.next_request.url) if response.next_request else url)
        if response.is_redirect:
            # The sandbox was told to end payments without asking.
            return response.headers["Location"]
        token = _TOKEN.search(response.text)
        if response.status_code != httpx.codes.OK or token is None:
            raise PageRefused(f"{response.status_code}: {_code_of(response.text)}")
        origin = f"{response.url.scheme}://{response.url.netloc.decode()}"
        answer = browser.post(f"{origin}{CONFIRM_PATH}", data={"token": token.group(1), "outcome": outcome})
        if not answer.is_redirect:
            raise PageRefused(f"{answer.status_code}: {_code_of(answer.text)}")
        return answer.headers["Location"]


def _code_of(page: str) -> str:
    found = re.search(r"<b>(\d\d)</b>", page)
    return found.group(1) if found else "no code"
