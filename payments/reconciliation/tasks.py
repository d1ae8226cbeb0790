"""The daily jobs of reconciliation, in Vietnam's mornings; each day of each source is a job of its own."""

import logging
from datetime import date, timedelta

from celery import shared_task
from django.db import transaction

from payments.reconciliation import proof, selectors, services
from payments.reconciliation.enums import Source
from payments.reconciliation.errors import RunUnderWay
from payments.reconciliation.services.bank_lines import SETTLE_LINES
from voltgo.core import clock, outbox

logger = logging.getLogger(__name__)

# Late lines and late facts still change these days; an unchanged day keeps its run.
DAYS_LOOKED_AT = 7
RECONCILE_DAY = "payments.reconcile_day"


@shared_task(name="payments.fetch_files")
def fetch_files() -> int:
    """Take in what providers and the bank have dropped."""
    return len(services.fetch_files().new)


@shared_task(name="payments.reconcile_providers")
def reconcile_providers() -> int:
    """Compare yesterday, and the days before it where something changed, with each provider's files."""
    return sum(_promise_days(source) for source in selectors.providers_with_files())


@shared_task(name="payments.reconcile_bank")
def reconcile_bank() -> int:
    """Book the bank's lines, then compare the same days with its statement."""
    with transaction.atomic():
        outbox.promise(SETTLE_LINES, key=f"{SETTLE_LINES}:{clock.now():%Y%m%d%H%M}", round_number=1)
    return _promise_days(Source.BANK)


@transaction.atomic
def _promise_days(source: str) -> int:
    today = clock.today()
    promised = 0
    for age in range(DAYS_LOOKED_AT, 0, -1):
        day = today - timedelta(days=age)
        # Before this provider was ours there was nothing; yesterday must have a file.
        if age == 1 or selectors.has_run(source, day) or selectors.has_file(source, day):
            key = f"{RECONCILE_DAY}:{source}:{day}:{clock.now():%Y%m%d%H%M}"
            outbox.promise(RECONCILE_DAY, key=key, source=str(source), day=day.isoformat())
            promised += 1
    return promised


@outbox.handler(RECONCILE_DAY)
def reconcile_day(*, source: str, day: str) -> None:
    try:
        services.reconcile(source=source, day=date.fromisoformat(day), only_if_changed=True)
    except RunUnderWay:
        logger.warning("%s %s is being reconciled by somebody else", source, day)


@outbox.handler(SETTLE_LINES)
def settle_bank_lines(*, round_number: int) -> None:
    """Book a bounded number of lines; what is left is the next round."""
    done = services.settle_bank_lines()
    logger.info("bank lines, round %s: %s", round_number, done)
    if selectors.has_new_bank_lines() and done["booked"] + done["suspense"]:
        with transaction.atomic():
            key = f"{SETTLE_LINES}:{clock.now():%Y%m%d%H%M}:{round_number + 1}"
            outbox.promise(SETTLE_LINES, key=key, round_number=round_number + 1)


@shared_task(name="payments.alert_missing_files")
def alert_missing_files() -> list[str]:
    """Say which of yesterday's files have not come."""
    return services.alert_missing_files(clock.today() - timedelta(days=1))


@shared_task(name="payments.prove_ledger")
def prove_ledger() -> bool:
    """Recount the ledger and compare it with all that stands for money; shout if it does not hold."""
    return proof.prove_and_tell()
