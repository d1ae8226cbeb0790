"""Asking the provider when it has not told us: the same facts by another way."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways import registry
from payments.gateways.base import FactKind, QueryRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.resting import is_resting, let_rest, resting
from payments.intents.enums import PAID_STATES, AttemptOutcome, CallState, Provider, RefundState
from payments.intents.models import OutboundCall, PaymentAttempt, PaymentIntent, Refund
from payments.intents.schedule import next_payment_poll, next_refund_poll
from payments.intents.services.facts import apply_fact
from payments.intents.services.settled import promise_submission
from payments.intents.services.submitting import request_of
from voltgo.core import clock

logger = logging.getLogger(__name__)

BATCH = 50
# What a notification may take before we ask ourselves.
PATIENCE = timedelta(seconds=20)
UNDECIDED = [AttemptOutcome.PREPARED, AttemptOutcome.STARTED, AttemptOutcome.REVIEW]


def query_now(reference: str) -> bool:
    """Ask the provider about every undecided attempt of a reference; return whether it is now paid.

    Call it outside a transaction, before ending a reservation: it waits for the network. A provider that
    does not answer counts as "not paid as far as we know"; late money is still taken.
    """
    _ask(PaymentAttempt.objects.filter(intent__reference=reference, outcome__in=UNDECIDED))
    return PaymentIntent.objects.filter(reference=reference, state__in=PAID_STATES).exists()


def ask_soon(attempt: PaymentAttempt) -> None:
    """Let the next poll ask about an attempt that the payer says is paid: its notification may be lost."""
    soon = clock.now() + PATIENCE
    PaymentAttempt.objects.filter(
        pk=attempt.pk, outcome=AttemptOutcome.STARTED, next_poll_at__gt=soon
    ).update(next_poll_at=soon)


def poll_pending() -> int:
    """Ask about the attempts whose time to ask has come; return how many were asked about."""
    now = clock.now()
    due = list(
        PaymentAttempt.objects.filter(next_poll_at__lte=now, outcome__in=UNDECIDED).order_by("next_poll_at")[
            :BATCH
        ]
    )
    for attempt in due:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(
            polls=F("polls") + 1,
            next_poll_at=next_payment_poll(attempt.provider_created_at, attempt.polls + 1, now),
        )
    _ask(due)
    return len(due)


def _ask(attempts: Iterable[PaymentAttempt]) -> None:
    for attempt in attempts:
        if not registry.has(attempt.provider) or is_resting(attempt.provider):
            continue
        request = QueryRequest(
            attempt.merchant_ref,
            attempt.provider_created_at,
            session_ref=attempt.session_ref,
            amount=attempt.amount or attempt.hold_amount,
            is_hold=not attempt.amount,
        )
        try:
            for fact in registry.get(attempt.provider).fetch(request):
                apply_fact(fact)
        except GatewayUnavailable:
            let_rest(attempt.provider)
        except OutcomeUnknown as error:
            logger.warning("no clear answer about %s: %s", attempt.merchant_ref, error.details)
        except Exception:
            # One payment that cannot be recorded must not keep the others from being asked about.
            logger.exception("asking about %s failed", attempt.merchant_ref)


def poll_refunds() -> int:
    """Ask about the refunds on their way whose time to ask has come; return how many were asked about."""
    now = clock.now()
    # Those of a provider that rests wait; they keep nobody else's from being asked about.
    due = list(
        Refund.objects.filter(next_poll_at__lte=now, state=RefundState.SUBMITTED)
        .exclude(payment__provider__in=resting(list(Provider.values)))
        .select_related("payment")
        .order_by("next_poll_at")[:BATCH]
    )
    asked = 0
    for refund in due:
        if is_resting(refund.payment.provider):
            continue
        asked += 1
        Refund.objects.filter(pk=refund.pk).update(
            polls=F("polls") + 1,
            next_poll_at=next_refund_poll(refund.submitted_at or now, refund.polls + 1, now),
        )
        _ask_refund(refund)
    return asked


def _ask_refund(refund: Refund) -> None:
    try:
        fact = registry.get(refund.payment.provider).fetch_refund(request_of(refund))
        if fact.kind is FactKind.REFUND_NOT_FOUND:
            _send_again(refund)
        else:
            apply_fact(fact)
    except GatewayUnavailable:
        let_rest(refund.payment.provider)
    except OutcomeUnknown as error:
        logger.warning("no clear answer about refund %s: %s", refund.pk, error.details)
    except Exception:
        logger.exception("asking about refund %s failed", refund.pk)


def _send_again(refund: Refund) -> None:
    """The provider knows nothing of it: our request never arrived and its own retries have ended."""
    lost = OutboundCall.objects.filter(
        idempotency_key__endswith=f":refund:{refund.request_id}",
        state__in=[CallState.PREPARED, CallState.SENT, CallState.UNKNOWN],
    )
    if lost.exists():
        promise_submission(refund, again=f"poll:{refund.polls}")
    else:
        logger.error("ALERT the provider accepted refund %s and does not know it any more", refund.pk)
        cases.open_case(
            kind=CaseKind.REFUND_FAILED,
            key=f"refund-vanished:{refund.request_id}",
            reference=refund.reference,
            amount=refund.amount,
            details={"refund": str(refund.pk), "provider": refund.payment.provider},
        )
