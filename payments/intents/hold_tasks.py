"""Jobs of deposits: holds on cards, and what is kept back for fines."""

from celery import shared_task

from payments.intents.services import hold_calls, holds, instruments, retention
from payments.intents.services.hold_jobs import FREE, PLACE, TAKE
from voltgo.core import outbox


@shared_task(name="payments.mind_holds")
def mind_holds() -> int:
    return holds.mind_holds()


@shared_task(name="payments.release_retained")
def release_retained() -> int:
    return retention.release_retained()


@outbox.handler(instruments.FORGET)
def forget_card(*, instrument_id: int) -> None:
    instruments.tell_provider_to_forget(instrument_id=instrument_id)


@outbox.handler(PLACE)
def place_hold(*, hold_id: int) -> None:
    hold_calls.place_hold(hold_id=hold_id)


@outbox.handler(TAKE)
def take_hold(*, hold_id: int) -> None:
    hold_calls.take_hold(hold_id=hold_id)


@outbox.handler(FREE)
def free_hold(*, hold_id: int) -> None:
    hold_calls.free_hold(hold_id=hold_id)
