"""The words of settled messages are cleared after 400 days; what tells a repetition stays."""

from datetime import datetime, timedelta

import pytest

from payments.webhooks import services, tasks
from payments.webhooks.models import ProviderEvent
from voltgo.core import clock


def event_of(key: str, processed_at: datetime | None) -> ProviderEvent:
    return ProviderEvent.objects.create(
        provider="momo",
        dedup_key=key,
        raw="orderInfo=Nguyen Van A",
        headers={"User-Agent": "x"},
        processed_at=processed_at,
        result="recorded" if processed_at else "",
    )


def test_only_settled_and_old_messages_lose_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FORGET_AT_ONCE", 2)
    long_ago = clock.now() - timedelta(days=401)
    for number in range(3):
        event_of(f"old{number}", long_ago)
    event_of("young", clock.now() - timedelta(days=399))
    waiting = event_of("waiting", None)
    ProviderEvent.objects.filter(pk=waiting.pk).update(received_at=long_ago)

    assert (tasks.forget_words(), tasks.forget_words()) == (3, 0)

    kept = ProviderEvent.objects.exclude(raw="").order_by("pk")
    assert [row.dedup_key for row in kept] == ["young", "waiting"]
    assert all(row.headers for row in kept)
    old = ProviderEvent.objects.get(dedup_key="old0")
    assert (old.raw, old.headers, old.result, old.processed_at) == ("", {}, "recorded", long_ago)
