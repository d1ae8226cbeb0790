"""How prices may change at all: forward only, and never under a quote."""

from datetime import date, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from rentals.pricing.calendar_models import PeakHours
from rentals.pricing.errors import PriceBackdated, PricesOverlap
from rentals.pricing.models import Quote, Tariff
from rentals.pricing.offer_models import AddOn, OneWayFee
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

DatedRow = Tariff | AddOn | OneWayFee | PeakHours
Dated = TypeVar("Dated", Tariff, AddOn, OneWayFee, PeakHours)


def check_start(valid_from: date) -> None:
    """Refuse a price that would apply to days that are over.

    Raises:
        PriceBackdated: it starts before today.
    """
    if valid_from < clock.today():
        raise PriceBackdated


def is_in_use(row: DatedRow) -> bool:
    """Say whether people may have been shown this price already: it has started, or a quote names it."""
    if row.valid_from <= clock.today():
        return True
    return isinstance(row, Tariff) and Quote.objects.filter(tariff=row).exists()


def meeting(rows: QuerySet[Dated], first: date, last: date | None) -> QuerySet[Dated]:
    """Return the rows that are valid on a day of the stretch; without an end it lasts for ever."""
    reaching = rows.filter(Q(valid_until=None) | Q(valid_until__gte=first))
    return reaching.filter(valid_from__lte=last) if last else reaching


@transaction.atomic
def end_price(*, row: DatedRow, last_day: date, by: Actor) -> None:
    """Let a price apply up to a day, today at the earliest; quotes that were made keep it. Locks the row.

    Raises:
        PriceBackdated: the day is over, or before the price starts.
        PricesOverlap: it would last into another one.
    """
    current = locks.lock_row(row)
    is_over = current.valid_until is not None and current.valid_until < clock.today()
    if is_over or last_day < max(clock.today(), current.valid_from):
        raise PriceBackdated
    changes = [current.valid_until and current.valid_until.isoformat(), last_day.isoformat()]
    record(f"{row._meta.model_name}.ended", f"{row._meta.model_name}:{row.pk}", by=by, valid_until=changes)
    row.valid_until = last_day
    _write_price(row, update_fields=["valid_until"])


@transaction.atomic
def succeed_tariff(*, tariff: Tariff, successor: Tariff, by: Actor) -> Tariff:
    """Replace a tariff from a day on: the old one ends the day before. Locks the old one.

    `successor` is a new row with its amounts; model and place are taken from the old one.

    Raises:
        PriceBackdated: the new one would start before tomorrow, or not after the old one.
        PricesOverlap: another tariff follows already.
    """
    if successor.valid_from <= max(clock.today(), tariff.valid_from):
        raise PriceBackdated
    end_price(row=tariff, last_day=successor.valid_from - timedelta(days=1), by=by)
    successor.model, successor.city, successor.station = tariff.model, tariff.city, tariff.station
    _write_price(successor, force_insert=True)
    record("tariff.succeeded", f"tariff:{successor.pk}", by=by, before=tariff.pk)
    return successor


def _write_price(row: DatedRow, **how: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as clash:
        raise PricesOverlap from clash
