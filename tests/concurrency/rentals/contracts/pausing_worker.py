"""The real Celery application, which stands still once at one place of a job, so that a test can kill it there.

VOLTGO_PAUSE_AT names the place: `compose` before the document is made, `seal` when it is sealed and not yet
written, `keep` when its file is written and the row not yet moved. The first process that gets there writes its id to VOLTGO_PAUSE_MARK and waits; the
next ones pass.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from rentals.contracts import documents, files  # noqa: E402
from voltgo.celery import app as app  # noqa: E402
from voltgo.core import sealing  # noqa: E402

MARK = Path(os.environ["VOLTGO_PAUSE_MARK"])


def stand_still_once() -> None:
    try:
        with MARK.open("x") as mark:
            mark.write(str(os.getpid()))
    except FileExistsError:
        return
    time.sleep(600)


def paused_before(function: Callable[..., Any]) -> Callable[..., Any]:
    def paused(*args: Any, **kwargs: Any) -> Any:
        stand_still_once()
        return function(*args, **kwargs)

    return paused


def paused_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def paused(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        stand_still_once()
        return result

    return paused


if os.environ["VOLTGO_PAUSE_AT"] == "compose":
    documents.compose = paused_before(documents.compose)
    documents.compose_signed = paused_before(documents.compose_signed)
elif os.environ["VOLTGO_PAUSE_AT"] == "seal":
    sealing.seal = paused_after(sealing.seal)
else:
    files.keep = paused_after(files.keep)
