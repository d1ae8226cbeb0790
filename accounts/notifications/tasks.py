"""The jobs of notifications."""

from celery import shared_task

from accounts.notifications import services
from voltgo.core import outbox


@outbox.handler(services.SEND_TOPIC)
def send(delivery_id: int) -> None:
    services.send(delivery_id=delivery_id)


@shared_task(name="accounts.release_put_off")
def release_put_off() -> int:
    """Send on what quiet hours have held back."""
    return services.release_put_off()
