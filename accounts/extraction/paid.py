"""Asking paid services: what a call costs, what is left alone for a while, and pictures made small enough."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from PIL import Image

from accounts.extraction.types import Call, ReaderAway
from voltgo.core import aws
from voltgo.core.breaker import Breaker

# The service looked at the picture and cannot use it. It works; another picture may do.
ABOUT_THE_PICTURE = frozenset(
    {
        "BadDocumentException",
        "DocumentTooLargeException",
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "UnsupportedDocumentException",
    }
)
UNREADABLE = "UnreadableAnswer"
QUALITY_STEPS = (85, 75, 65)


class PaidReaderAway(ReaderAway):
    """A paid service cannot work now; `calls` says what was asked of it in vain."""

    def __init__(self, reason: str, calls: Iterable[Call] = ()) -> None:
        self.reason = reason
        self.calls = tuple(calls)
        super().__init__(reason)


class PictureRefused(Exception):
    """The service cannot use this picture: no face on it, not a picture it can read."""

    def __init__(self, code: str, calls: tuple[Call, ...]) -> None:
        self.code, self.calls = code, calls
        super().__init__(code)


def ask(
    service: str,
    method: str,
    *,
    understood: Callable[[Mapping[str, Any]], bool],
    **parameters: Any,
) -> tuple[Mapping[str, Any], tuple[Call, ...]]:
    """Ask a paid service, unless it has been failing, and count what it costs.

    `understood` says whether an answer has what is needed of it; one that has not is a failure of the service.

    Raises:
        PaidReaderAway: no usable answer, or it is being left alone after several failures.
        PictureRefused: the picture is at fault.
    """
    breaker = Breaker(service)
    if breaker.is_open:
        raise PaidReaderAway("left alone after several failures")
    try:
        answer, attempts = aws.ask(service, method, **parameters)
    except aws.ServiceRefused as refused:
        calls = counted(refused.attempts)
        if refused.code in ABOUT_THE_PICTURE:
            breaker.worked()
            raise PictureRefused(refused.code, calls) from refused
        breaker.failed()
        raise PaidReaderAway(refused.code, calls) from refused
    except aws.ServiceAway as away:
        breaker.failed()
        raise PaidReaderAway(away.code, counted(away.attempts)) from away
    if not _is_understood(understood, answer):
        breaker.failed()
        # The work may have been done, but nobody has anything of it.
        lost = replace(attempts[-1], is_ok=False, error=UNREADABLE)
        raise PaidReaderAway(UNREADABLE, counted((*attempts[:-1], lost)))
    breaker.worked()
    return answer, counted(attempts)


def counted(attempts: Iterable[aws.Attempt]) -> tuple[Call, ...]:
    """Return attempts as calls with their price; what may have been billed counts as billed."""
    return tuple(
        Call(
            operation=attempt.operation,
            is_ok=attempt.is_ok,
            seconds=round(attempt.seconds, 3),
            cost_microusd=settings.AWS_PRICES.get(attempt.operation, 0) if attempt.may_be_billed else 0,
            error=attempt.error,
        )
        for attempt in attempts
    )


def fitted(jpeg: bytes, *, max_bytes: int, max_side: int) -> bytes:
    """Return a picture within a service's limits: itself, or a smaller one.

    Takes pictures that we encoded ourselves.
    """
    picture = Image.open(io.BytesIO(jpeg))
    if len(jpeg) <= max_bytes and max(picture.size) <= max_side:
        return jpeg
    smaller = picture.convert("RGB")
    smaller.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    for quality in QUALITY_STEPS:
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=quality)
        if out.tell() <= max_bytes:
            return out.getvalue()
    raise PaidReaderAway("a picture that cannot be made small enough")


def _is_understood(understood: Callable[[Mapping[str, Any]], bool], answer: Mapping[str, Any]) -> bool:
    try:
        return understood(answer)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return False
