"""Jobs of payments: asking providers, submitting refunds."""

from uuid import UUID

from celery import shared_task

from payments.intents import services
from payments.intents.services.settled import SUBMIT
from voltgo.core import outbox


@shared_task(name="payments.poll_pending")
def poll_pending() -> int:
    return services.poll_pending()


@shared_task(name="payments.poll_refunds")
def poll_refunds() -> int:
    return services.poll_refunds()


@outbox.handler(SUBMIT)
def submit_refund(*, refund_id: str) -> None:
    services.submit_refund(refund_id=UUID(refund_id))
