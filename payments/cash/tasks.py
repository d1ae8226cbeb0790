"""Jobs of the counter: mailing slips."""

from payments.cash import services
from payments.cash.services import slips
from voltgo.core import outbox


@outbox.handler(slips.MAIL, queue=outbox.SLOW)
def send_slip(*, movement_id: int) -> None:
    services.send_slip(movement_id=movement_id)
