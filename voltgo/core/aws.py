"""Asking AWS: short time limits, retries counted by us and by nobody else, two errors instead of forty."""

import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

TRIES = 3
# Waits before the second and the third try, each up to twice as long by chance.
FIRST_WAIT_SECONDS = 0.2
# No try begins after so long, however many are left.
WITHIN_SECONDS = 20.0

# Everything else that answers below 500 would be answered the same again.
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was sent; `error` is the service's own name for what was wrong.

    `may_be_billed` is also true when the answer was lost on its way: the work may have been done.
    """

    operation: str
    is_ok: bool
    seconds: float
    error: str = ""
    may_be_billed: bool = False


class AwsError(Exception):
    """Asked in vain; `attempts` says how often."""

    def __init__(self, code: str, attempts: tuple[Attempt, ...] = ()) -> None:
        self.code = code
        self.attempts = attempts
        super().__init__(code)


class ServiceAway(AwsError):
    """It did not answer in time, broke off, kept failing, or throttled us to the end."""


class ServiceRefused(AwsError):
    """It understood and said no, so asking again is no use: `code` is its error name."""


_lock = threading.Lock()
_clients: dict[tuple[Any, ...], Any] = {}
_session: Any = None


def client(service: str) -> Any:
    """Return the client of a service; made once, usable from any thread."""
    options: Mapping[str, Any] = settings.AWS
    endpoint = options["ENDPOINTS"].get(service) or None
    key = (service, endpoint, options["REGION"], options["CONNECT_SECONDS"], options["READ_SECONDS"])
    with _lock:
        if key not in _clients:
            _clients[key] = _new_client(service, endpoint, options)
        return _clients[key]


def forget_clients() -> None:
    """Drop the clients, with the addresses and credentials that they hold."""
    global _session
    with _lock:
        _clients.clear()
        _session = None


def _new_client(service: str, endpoint: str | None, options: Mapping[str, Any]) -> Any:
    global _session
    # The web process signs in nobody at AWS until something of AWS is needed.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=options["CONNECT_SECONDS"],
        read_timeout=options["READ_SECONDS"],
        # botocore would also repeat what timed out: a paid call, and four times the wait.
        retries={"mode": "standard", "total_max_attempts": 1},
        user_agent_extra="voltgo",
    )
    # One session reads the descriptions of services and the credentials once.
    _session = _session or boto3.session.Session()
    return _session.client(service, region_name=options["REGION"], endpoint_url=endpoint, config=config)


def ask(
    service: str, method: str, *, tries: int = TRIES, **parameters: Any
) -> tuple[Mapping[str, Any], tuple[Attempt, ...]]:
    """Call `method` of a service and return its answer and what was sent to get it.

    Repeats only what was throttled or failed inside the service, with growing pauses; what timed out or broke
    off is not repeated. Never logs parameters. Takes no transaction: call it outside of one.

    Raises:
        ServiceAway: no usable answer.
        ServiceRefused: the service said no.
    """
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    operation = f"{service}.{_operation(service, method)}"
    attempts: list[Attempt] = []
    code = ""
    begun = time.monotonic()
    for number in range(1, tries + 1):
        started = time.monotonic()
        try:
            answer = getattr(client(service), method)(**parameters)
        except ClientError as error:
            code, may_repeat = _judge(error)
            attempts.append(Attempt(operation, is_ok=False, seconds=time.monotonic() - started, error=code))
            if not may_repeat:
                raise ServiceRefused(code, tuple(attempts)) from None
        except Exception as error:  # noqa: BLE001 (beside its own errors, a parser may raise anything at a broken answer)
            is_local = isinstance(error, BotoCoreError | OSError) and not isinstance(error, HTTPClientError)
            code, seconds = type(error).__name__, time.monotonic() - started
            attempts.append(
                Attempt(operation, is_ok=False, seconds=seconds, error=code, may_be_billed=not is_local)
            )
            logger.warning("%s: no answer (%s)", operation, code)
            raise ServiceAway(code, tuple(attempts)) from None
        else:
            seconds = time.monotonic() - started
            attempts.append(Attempt(operation, is_ok=True, seconds=seconds, may_be_billed=True))
            return answer, tuple(attempts)
        if number == tries or time.monotonic() - begun > WITHIN_SECONDS:
            break
        pause(FIRST_WAIT_SECONDS * 2 ** (number - 1) * (1 + random.random()))  # noqa: S311 (spreads the load)
    logger.warning("%s: gave up after %d tries (%s)", operation, len(attempts), code)
    raise ServiceAway(code, tuple(attempts))


def pause(seconds: float) -> None:
    """Wait between two tries; a name of its own for tests."""
    time.sleep(seconds)


def _operation(service: str, method: str) -> str:
    return str(client(service).meta.method_to_api_mapping[method])


def _judge(error: Any) -> tuple[str, bool]:
    """Return the service's name of an error and whether a later try may go better."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return code or str(status), status >= 500 or code in THROTTLED
