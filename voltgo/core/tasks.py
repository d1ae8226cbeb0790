"""The kernel's Celery tasks."""

from celery import shared_task
from django.core.cache import cache

from voltgo.core import clock, outbox

HEARTBEAT_KEY = "beat-heartbeat"


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


@shared_task(name="core.heartbeat")
def heartbeat() -> None:
    """Note that beat sends and a worker runs; `manage.py doctor` and the monitoring read it."""
    cache.set(HEARTBEAT_KEY, clock.now().isoformat(), timeout=None)
