"""Taking in what a provider sends: check the signature, keep it, apply it, commit, and only then answer."""

import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse

from payments.gateways import registry
from payments.gateways.base import FactOutcome, Gateway, Incoming
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SignatureInvalid
from payments.intents.services import apply_fact
from payments.webhooks.models import ProviderEvent, RejectedEvent
from voltgo.core import clock, locks

logger = logging.getLogger(__name__)

KEEP_REJECTED = 1_000
MOST_BAD_SIGNATURES = 30
BAD_SIGNATURE_WINDOW_SECONDS = 60
LONGEST_RAW = 4_000
# Longer than any dispute runs. What a message did stays: the ledger, its key and its result.
KEEP_WORDS = timedelta(days=400)
FORGET_AT_ONCE = 1_000
# Stripe sends along what lets the payer's browser finish a payment.
CLIENT_SECRET = re.compile(r'("client_secret"\s*:\s*)"(?:[^"\\]|\\.)*"')
# Checked and forgotten: who has the message and its signature could send it again.
CREDENTIALS = frozenset({"Stripe-Signature"})
# After these the provider has nothing more to tell us about this event.
SETTLED = frozenset(
    {
        FactOutcome.RECORDED,
        FactOutcome.REPEATED,
        FactOutcome.SURPLUS,
        FactOutcome.PARTIAL,
        FactOutcome.IGNORED,
    }
)


def receive(*, provider: str, message: Incoming, address: str) -> HttpResponse:
    """Take in one notification and return the answer that the provider expects.

    The message is stored in a transaction of its own, so it survives a failure to apply it; the answer
    "recorded" leaves only after the money is committed. Repetitions wait for each other on the event's row.
    """
    gateway = registry.get(provider)
    raw = _kept(message.body.decode("utf-8", "replace") or urlencode(message.query))
    try:
        facts = gateway.parse_event(message)
    except SignatureInvalid:
        return _reject(gateway, raw, address)
    except (GatewayUnavailable, OutcomeUnknown):
        # What the message left out could not be asked for: the provider shall send it again.
        logger.warning("a message of %s could not be completed", provider)
        return gateway.ack(None)
    if not facts:
        return gateway.ack(FactOutcome.IGNORED)
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=provider,
        dedup_key=gateway.dedup_key(message),
        defaults={
            "raw": raw[:LONGEST_RAW],
            "headers": {name: text for name, text in message.headers.items() if name not in CREDENTIALS},
        },
    )
    if not is_new:
        ProviderEvent.objects.filter(pk=event.pk).update(deliveries=F("deliveries") + 1)
    try:
        with transaction.atomic():
            event = locks.lock_row(event)
            if event.processed_at is not None:
                return gateway.ack(FactOutcome.REPEATED)
            outcome = _worst([apply_fact(fact).outcome for fact in facts])
            event.result, event.error = outcome.value, ""
            event.processed_at = clock.now() if outcome in SETTLED else None
            event.save(update_fields=["result", "error", "processed_at"])
    except Exception as error:
        # The provider must hear "not recorded" and call again; the error's kind stays on the event.
        logger.exception("event %s of %s could not be applied", event.pk, provider)
        ProviderEvent.objects.filter(pk=event.pk).update(error=type(error).__name__)
        return gateway.ack(None)
    return gateway.ack(outcome)


def forget_words() -> int:
    """Clear the words and headers of events that were settled long ago; return how many.

    The key stays, so the same message is a repetition forever. In batches, so that no lock is held for long.
    """
    old = ProviderEvent.objects.filter(processed_at__lt=clock.now() - KEEP_WORDS).exclude(raw="", headers={})
    forgotten = 0
    while batch := list(old.order_by("pk").values_list("pk", flat=True)[:FORGET_AT_ONCE]):
        forgotten += ProviderEvent.objects.filter(pk__in=batch).update(raw="", headers={})
    return forgotten


def _kept(raw: str) -> str:
    """Leave out what would let a reader act for the payer, and what the database cannot keep."""
    return CLIENT_SECRET.sub(r'\1"…"', raw).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _worst(outcomes: Sequence[FactOutcome]) -> FactOutcome:
    """Answer for several facts of one message: what is not settled speaks for all."""
    return next((outcome for outcome in outcomes if outcome not in SETTLED), outcomes[0])


def _reject(gateway: Gateway, raw: str, address: str) -> HttpResponse:
    """Answer "bad signature"; keep the newest thousand to look at, and nothing of a flood."""
    if _is_flood(gateway.code, address):
        return HttpResponse(status=429)
    rejected = RejectedEvent.objects.create(
        provider=gateway.code, raw=raw[:LONGEST_RAW], address=address or None
    )
    RejectedEvent.objects.filter(pk__lte=rejected.pk - KEEP_REJECTED).delete()
    logger.warning("a message for %s carries a wrong signature", gateway.code)
    return gateway.refuse()


def _is_flood(provider: str, address: str) -> bool:
    key = f"payments:bad-signatures:{provider}:{address}"
    try:
        cache.add(key, 0, BAD_SIGNATURE_WINDOW_SECONDS)
        return cache.incr(key) > MOST_BAD_SIGNATURES
    except Exception:  # noqa: BLE001 (the cache is away, or the count ran out between two calls)
        # What is kept is bounded anyway.
        return False
