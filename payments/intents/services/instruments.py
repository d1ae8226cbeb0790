"""The cards that providers keep for payers: forgetting one, here and there."""

import hashlib

from django.db import transaction
from django.db.models import F

from payments.gateways import registry
from payments.gateways.base import ForgetRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents.enums import HOLD_OPEN_STATES, CallState
from payments.intents.errors import InstrumentInUse
from payments.intents.models import DepositHold, OutboundCall, SavedInstrument
from voltgo.core import clock, locks, outbox
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

FORGET = "payments.forget_card"


@transaction.atomic
def forget_instrument(*, instrument: SavedInstrument, by: Actor) -> SavedInstrument:
    """Use a kept card no more, and promise to tell its provider so. Safe to call twice.

    Raises:
        InstrumentInUse: a deposit is held on it, or will be.
    """
    locked = locks.lock_row(instrument)
    if locked.forgotten_at is not None:
        return locked
    if DepositHold.objects.filter(instrument=locked, state__in=HOLD_OPEN_STATES).exists():
        raise InstrumentInUse
    locked.forgotten_at = clock.now()
    locked.save(update_fields=["forgotten_at"])
    audit.record("instrument.forgotten", f"instrument:{locked.pk}", by=by, label=locked.label)
    if registry.has(locked.provider) and registry.capabilities_of(locked.provider).reuse:
        OutboundCall.objects.get_or_create(
            idempotency_key=_call_key(locked),
            defaults={
                "provider": locked.provider,
                "operation": "forget",
                "request_hash": hashlib.sha256(locked.method_ref.encode()).hexdigest(),
            },
        )
        outbox.promise(FORGET, key=_call_key(locked), instrument_id=locked.pk)
    return locked


def tell_provider_to_forget(*, instrument_id: int) -> None:
    """Let a provider keep a card no longer that we have forgotten. Safe to run again at any point.

    Speaks to the provider outside any transaction; the call was written down when the card was forgotten.

    Raises:
        GatewayUnavailable: nothing was sent; run it again later.
        OutcomeUnknown: it may have been done; a repeat finds that out.
    """
    card = SavedInstrument.objects.get(pk=instrument_id)
    call = OutboundCall.objects.get(idempotency_key=_call_key(card))
    if call.state == CallState.OK or card.forgotten_at is None:
        return
    calls = OutboundCall.objects.filter(pk=call.pk)
    calls.update(state=CallState.SENT, attempts=F("attempts") + 1)
    request = ForgetRequest(card.customer_ref, card.method_ref, request_id=call.idempotency_key)
    try:
        registry.get(card.provider).forget(request)
    except GatewayUnavailable:
        calls.update(state=CallState.PREPARED)
        raise
    except OutcomeUnknown:
        calls.update(state=CallState.UNKNOWN)
        raise
    calls.update(state=CallState.OK, answered_at=clock.now())


def _call_key(card: SavedInstrument) -> str:
    return f"{card.provider}:forget:{card.pk}"
