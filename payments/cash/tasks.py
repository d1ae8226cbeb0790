"""Jobs of the counter: making and mailing slips."""

from payments.cash import services
from payments.cash.services import slips
from voltgo.core import outbox


@outbox.handler(slips.RENDER, queue=outbox.SLOW)
def render_slip(*, slip_id: int) -> None:
    services.render_slip(slip_id=slip_id)


@outbox.handler(slips.MAIL, queue=outbox.SLOW)
def send_slip(*, slip_id: int) -> None:
    services.send_slip(slip_id=slip_id)
