"""Asking the provider to return money: written down before it is sent, and never sent twice blindly."""

import hashlib
import json
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.db.models import F

from payments.gateways import registry
from payments.gateways.base import FactKind, ProviderFact, RefundRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents.enums import REFUND, CallState, RefundState
from payments.intents.locking import lock_reference
from payments.intents.models import OutboundCall, Refund
from payments.intents.schedule import first_refund_poll
from payments.intents.services.facts import apply_fact
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM

LOCK_SPACE = 0x0F4D


def submit_refund(*, refund_id: UUID) -> None:
    """Bring an approved refund to its provider, or find out what became of an earlier try.

    Runs outside any transaction: the record of the call is committed before the call. Safe to run again
    at any point, also after the process died in the middle.

    Raises:
        GatewayUnavailable: nothing was sent; run it again later.
        OutcomeUnknown: it may have been done; run it again later and it will ask first.
    """
    number = refund_id.int % 2**31
    if not locks.try_session_lock(LOCK_SPACE, number):
        # Another worker is at it; if it dies, its own job or the poller comes back.
        return
    try:
        _submit(refund_id)
    finally:
        locks.release_session_lock(LOCK_SPACE, number)


def _submit(refund_id: UUID) -> None:
    prepared = _prepare(refund_id)
    if prepared is None:
        return
    refund, call = prepared
    gateway = registry.get(refund.payment.provider)
    request = request_of(refund)
    if call.state != CallState.PREPARED:
        fact = gateway.fetch_refund(request)
        if fact.kind is not FactKind.REFUND_NOT_FOUND:
            _conclude(call, fact)
            return
    _note(call, CallState.SENT)
    try:
        fact = gateway.refund(request)
    except GatewayUnavailable:
        _note(call, CallState.PREPARED)
        raise
    except OutcomeUnknown:
        _note(call, CallState.UNKNOWN)
        raise
    _conclude(call, fact)


def request_of(refund: Refund) -> RefundRequest:
    """Describe a refund as its gateway needs it."""
    payment = refund.payment
    others = payment.refunds.exclude(pk=refund.pk).exclude(provider_ref="")
    return RefundRequest(
        request_id=refund.request_id,
        merchant_ref=payment.merchant_ref,
        provider_ref=payment.provider_ref,
        paid_at_provider=payment.provider_created_at,
        amount=refund.amount,
        is_full=refund.amount == payment.amount,
        requested_by=refund.requested_by_ref or "voltgo",
        refund_ref=refund.provider_ref,
        other_refund_refs=tuple(others.order_by("created_at").values_list("provider_ref", flat=True)),
    )


@transaction.atomic
def _prepare(refund_id: UUID) -> tuple[Refund, OutboundCall] | None:
    """Mark the refund as on its way and write the call down; None if there is nothing to do now."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    lock_reference(refund.reference)
    locks.lock_row(refund)
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state == RefundState.APPROVED:
        # The provider can tell us only about the latest refund of a payment: wait for the one before.
        if Refund.objects.filter(payment_id=refund.payment_id, state=RefundState.SUBMITTED).exists():
            return None
        now = clock.now()
        states.move(
            REFUND,
            refund,
            to=RefundState.SUBMITTED,
            by=SYSTEM,
            submitted_at=now,
            polls=0,
            next_poll_at=first_refund_poll(now),
        )
    elif refund.state != RefundState.SUBMITTED:
        return None
    call, _ = OutboundCall.objects.get_or_create(
        idempotency_key=f"{refund.payment.provider}:refund:{refund.request_id}",
        defaults={
            "provider": refund.payment.provider,
            "operation": "refund",
            "request_hash": _hash(request_of(refund)),
        },
    )
    if call.state in {CallState.OK, CallState.ERROR}:
        return None
    return refund, call


def _hash(request: RefundRequest) -> str:
    text = json.dumps(asdict(request), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _note(call: OutboundCall, state: CallState) -> None:
    OutboundCall.objects.filter(pk=call.pk).update(
        state=state, attempts=F("attempts") + (1 if state is CallState.SENT else 0)
    )


@transaction.atomic
def _conclude(call: OutboundCall, fact: ProviderFact) -> None:
    OutboundCall.objects.filter(pk=call.pk).update(
        state=CallState.ERROR if fact.kind is FactKind.REFUND_FAILED else CallState.OK,
        response={"kind": fact.kind.value, "code": fact.code, "provider_ref": fact.provider_ref},
        answered_at=clock.now(),
    )
    apply_fact(fact)
