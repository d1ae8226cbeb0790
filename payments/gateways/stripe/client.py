"""Calls to Stripe's API: every one with a timeout, every change with an idempotency key."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.stripe.protocol import VERSION, Json, encode
from voltgo.core import http

logger = logging.getLogger(__name__)

PAGE = 100
# A search among more than so many pages of objects is given up.
MOST_PAGES = 20


class Refused(Exception):
    """Stripe understood and says no; nothing was done. Never leaves the gateway.

    Carries Stripe's codes and the payment intent as it now is, not its sentences: those quote what was sent.
    """

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(error.get("type") or "")
        self.code = str(error.get("code") or "")
        self.decline_code = str(error.get("decline_code") or "")
        intent = error.get("payment_intent")
        self.payment_intent: Json = intent if isinstance(intent, dict) else {}
        super().__init__(f"{status} {self.type} {self.code} {self.decline_code}".strip())

    @property
    def short_code(self) -> str:
        return self.decline_code or self.code or self.type or str(self.status)


@dataclass(frozen=True, slots=True)
class Client:
    """One account at Stripe, by its secret key."""

    api_url: str
    key: str = field(repr=False)

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Json:
        """Ask. Raises Refused, GatewayUnavailable (also when no answer comes: a question changes nothing)."""
        query = encode(parameters or {})
        return self._send("GET", f"{path}?{query}" if query else path)

    def post(self, path: str, parameters: Mapping[str, Any], *, idempotency_key: str) -> Json:
        """Change something; a repetition with the same key and parameters is answered, not done again.

        Raises Refused, GatewayUnavailable (nothing was done) or OutcomeUnknown (repeat it, or ask).
        """
        return self._send("POST", path, encode(parameters), {"Idempotency-Key": idempotency_key})

    def each(self, path: str, parameters: Mapping[str, Any]) -> Iterator[Json]:
        """Yield the objects of a list, newest first, page by page; raises as `get`, OutcomeUnknown if too many."""
        after: str | None = None
        for _page in range(MOST_PAGES):
            answer = self.get(path, {**parameters, "limit": PAGE, "starting_after": after})
            rows = answer.get("data")
            if not isinstance(rows, list):
                raise OutcomeUnknown
            yield from rows
            if not answer.get("has_more") or not rows:
                return
            after = rows[-1]["id"]
        raise OutcomeUnknown(code="too_many")

    def _send(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> Json:
        sent = {
            "Authorization": f"Bearer {self.key}",
            "Stripe-Version": VERSION,
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        try:
            with http.client() as client:
                response = client.request(method, f"{self.api_url}{path}", content=body, headers=sent)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise GatewayUnavailable from error
        except httpx.HTTPError as error:
            raise (GatewayUnavailable if method == "GET" else OutcomeUnknown) from error
        return _judge(method, path, response)


def segment(value: str) -> str:
    """Return an identifier as one segment of a path."""
    return quote(value, safe="")


def _judge(method: str, path: str, response: httpx.Response) -> Json:
    answer = _object(response)
    status = response.status_code
    if status == httpx.codes.OK and "object" in answer:
        return answer
    error = answer.get("error")
    error = error if isinstance(error, dict) else {}
    code = str(error.get("code") or error.get("type") or status)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        logger.error("ALERT Stripe does not accept our key: %s %s, code %s", method, path.split("?")[0], code)
        raise GatewayUnavailable(code=code)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise GatewayUnavailable(code=code)
    if error.get("type") == "idempotency_error":
        # The key belongs to a request with other contents: ours is at fault, and what became of the first is open.
        logger.error("ALERT Stripe knows this idempotency key with other contents: %s", path)
        raise OutcomeUnknown(code="idempotency_error")
    if error and status in {httpx.codes.BAD_REQUEST, httpx.codes.PAYMENT_REQUIRED, httpx.codes.NOT_FOUND}:
        raise Refused(status, error)
    # 409: another request with the same key is being worked on. 5xx, redirects and garbage: anything may be.
    raise OutcomeUnknown(code=code)


def _object(response: httpx.Response) -> Json:
    try:
        answer = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return answer if isinstance(answer, dict) else {}
