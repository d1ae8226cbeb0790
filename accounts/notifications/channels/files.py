"""Text messages and pushes that go no further than a file: what a laptop has instead of a provider."""

import fcntl
import json
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from voltgo.core import clock


class FileProvider:
    """Appends one JSON object per message to sms.jsonl or push.jsonl in NOTIFY_FOLDER; never in production."""

    def __init__(self) -> None:
        if settings.IS_PRODUCTION:
            raise ImproperlyConfigured("messages would end in a file: name a provider or none")

    def send_sms(self, *, to: str, text: str, key: str) -> None:
        _append("sms.jsonl", to=to, text=text, key=key)

    def send_push(self, *, token: str, title: str, body: str, url: str, key: str) -> None:
        _append("push.jsonl", token=token, title=title, body=body, url=url, key=key)


def _append(name: str, **values: str) -> None:
    folder = Path(settings.NOTIFY_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": clock.now().isoformat(timespec="seconds"), **values}, ensure_ascii=False)
    with (folder / name).open("a", encoding="utf-8") as file:
        # Several workers write; the lock goes with the file.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line + "\n")
