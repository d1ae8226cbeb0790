"""Handing messages over to their channels."""

import logging

from django.db import connection, transaction

from accounts.notifications.channels import SENDERS, TryAgain, Undeliverable
from accounts.notifications.enums import Channel, DeliveryState, Failure
from accounts.notifications.errors import DeliveryBusy, NothingToSendAgain
from accounts.notifications.models import Delivery
from accounts.notifications.services.writing import promise
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

logger = logging.getLogger(__name__)

LOCK_SPACE = 0x0B0D
# Some forty minutes with the outbox's growing pauses; less than its own limit, so that the log says why.
MOST_TRIES = 10
# What may be tried once more by hand.
CURABLE = (Failure.NO_PROVIDER, Failure.NO_ADDRESS)


def send(*, delivery_id: int) -> None:
    """Send one message by its channel and note how that ended; does nothing when it is not queued any more.

    Runs outside of a transaction, under an advisory lock of its own: two workers never send one message at a
    time, whichever promise brought them. A crash between the provider's yes and our note can still send it
    twice; its number goes along as the idempotency key (for mail the Message-ID), by which the copy is known.

    Raises:
        DeliveryBusy: another worker is sending it right now.
        Exception: whatever the channel raised, so that the outbox tries again; not at the last try.
    """
    number = delivery_id % 2**31
    if not locks.try_session_lock(LOCK_SPACE, number):
        raise DeliveryBusy
    try:
        _send_locked(Delivery.objects.select_related("recipient").get(pk=delivery_id))
    finally:
        # A connection that broke has taken the lock with it.
        if connection.connection is not None:
            locks.release_session_lock(LOCK_SPACE, number)


def _send_locked(delivery: Delivery) -> None:
    now = clock.now()
    if delivery.state != DeliveryState.QUEUED or (delivery.not_before and delivery.not_before > now):
        # Sent, given up or put off: whoever puts it off again promises it again.
        return
    sender = SENDERS[delivery.channel]
    obstacle = sender.obstacle(delivery.recipient)
    if obstacle is None and delivery.expires_at and delivery.expires_at <= now:
        obstacle = Failure.TOO_LATE
    if obstacle is not None:
        _end(delivery, DeliveryState.SKIPPED, failure=obstacle)
        return
    delivery.attempts += 1
    Delivery.objects.filter(pk=delivery.pk).update(attempts=delivery.attempts)
    try:
        sender.send(delivery)
    except Undeliverable as refusal:
        _end(delivery, DeliveryState.FAILED, failure=refusal.failure)
    except Exception as error:
        if delivery.attempts < MOST_TRIES:
            raise
        # Its kind only: words may hold an address.
        kind = str(error) if isinstance(error, TryAgain) else type(error).__name__
        logger.warning("delivery %s was given up: %s", delivery.pk, kind)
        _end(delivery, DeliveryState.FAILED, failure=Failure.GAVE_UP)
    else:
        _end(delivery, DeliveryState.SENT)


def _end(delivery: Delivery, state: DeliveryState, *, failure: str = "") -> None:
    """Write the outcome, if nobody has written another one meanwhile."""
    sent_at = clock.now() if state == DeliveryState.SENT else None
    queued = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED)
    queued.update(state=state, failure=failure, sent_at=sent_at)
    if failure:
        logger.info("delivery %s by %s: %s (%s)", delivery.pk, delivery.channel, state.value, failure)


def release_put_off() -> int:
    """Promise to send what quiet hours have held back until now; return how many. Safe to run at any time."""
    held_back = Delivery.objects.filter(state=DeliveryState.QUEUED, not_before__lte=clock.now())
    count = 0
    for delivery in held_back.order_by("not_before").iterator(chunk_size=500):
        promise(delivery)
        count += 1
    return count


@transaction.atomic
def send_again(*, delivery: Delivery, by: Actor) -> Delivery:
    """Send the same words once more: a message that did not leave is tried anew, one that left gets a copy.

    Locks the row. Returns the row that will be sent.

    Raises:
        NothingToSendAgain: it is waiting to be sent, or the person did not want it, or its time is over.
    """
    current = locks.lock_row(delivery)
    stamp = f"{clock.now():%Y%m%d%H%M%S%f}"
    if current.state == DeliveryState.SENT:
        chosen = _copy(current, stamp)
        promise(chosen)
    elif can_retry(current):
        chosen = current
        chosen.state, chosen.failure, chosen.attempts = DeliveryState.QUEUED, "", 0
        chosen.save(update_fields=["state", "failure", "attempts"])
        promise(chosen, again=stamp)
    else:
        raise NothingToSendAgain
    audit.record("delivery.sent_again", f"delivery:{delivery.pk}", by=by, copy=chosen.pk)
    return chosen


def can_retry(delivery: Delivery) -> bool:
    """Tell whether a row that was not sent may be tried anew."""
    return delivery.state == DeliveryState.FAILED or (
        delivery.state == DeliveryState.SKIPPED and delivery.failure in CURABLE
    )


def _copy(delivery: Delivery, stamp: str) -> Delivery:
    return Delivery.objects.create(
        recipient=delivery.recipient,
        kind=delivery.kind,
        channel=delivery.channel,
        key=f"{delivery.key[:90]}:again:{stamp}",
        reference=delivery.reference,
        language=delivery.language,
        subject=delivery.subject,
        body=delivery.body,
        body_html=delivery.body_html,
        attachments=delivery.attachments,
        link=delivery.link,
        # The person knows these words already.
        read_at=clock.now() if delivery.channel == Channel.EMAIL else None,
    )
