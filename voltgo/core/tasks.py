"""The kernel's Celery tasks."""

from celery import shared_task

from voltgo.core import outbox


@shared_task(name="core.run_message")
def run_message(message_id: int) -> None:
    outbox.run(message_id)


@shared_task(name="core.sweep_outbox")
def sweep_outbox() -> int:
    """Send again what is due: its kick was lost, its worker died, or its last try failed."""
    return outbox.resend_due()


@shared_task(name="core.clean_outbox")
def clean_outbox() -> int:
    return outbox.clean()
