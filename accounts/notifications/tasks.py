"""The jobs of notifications."""

from accounts.notifications import services
from voltgo.core import outbox


@outbox.handler(services.SEND_TOPIC)
def send(delivery_id: int) -> None:
    services.send(delivery_id=delivery_id)
