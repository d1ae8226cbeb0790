"""Writes of the supply guard: what operators decide, and the level that staff were last told."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users.models import User
from stations.fleet.enums import VehicleKind
from stations.network.models import StaffPost, Station
from stations.supply.enums import SupplyLevel
from stations.supply.errors import AlreadyOverridden, OverrideInThePast, OverrideOver
from stations.supply.models import SupplyOverride, SupplyStatus
from stations.supply.rules import Supply, is_news
from stations.supply.selectors import supplies_at
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


@transaction.atomic
def override_supply(
    *, station: Station, kind: str, level: str, until: datetime, reason: str, by: Actor
) -> SupplyOverride:
    """Set the level of a class at a station until a time, whatever stands ready. Audited.

    Locks the station. A decision that has run out is ended in passing.

    Raises:
        OverrideInThePast: the end is not in the future.
        AlreadyOverridden: another decision applies; end it first.
    """
    now = clock.now()
    if until <= now:
        raise OverrideInThePast
    locks.lock_row(station)
    before = SupplyOverride.objects.filter(station=station, kind=kind, ended_at=None).first()
    if before is not None:
        if before.until > now:
            raise AlreadyOverridden
        before.ended_at = before.until
        before.save(update_fields=["ended_at"])
    try:
        with transaction.atomic():
            override = SupplyOverride.objects.create(
                station=station,
                kind=VehicleKind(kind),
                level=SupplyLevel(level),
                reason=reason,
                by_label=by.label,
                until=until,
            )
    except IntegrityError:
        raise AlreadyOverridden from None
    record(
        "supply.overridden",
        f"station:{station.code}",
        by=by,
        reason=reason,
        kind=str(kind),
        level=str(level),
        until=until.isoformat(),
    )
    return override


@transaction.atomic
def end_override(*, override: SupplyOverride, reason: str, by: Actor) -> SupplyOverride:
    """End an operator's decision before its time: the thresholds apply again. Locks the decision; audited.

    Raises:
        OverrideOver: it has ended or run out already.
    """
    current = locks.lock_row(override)
    now = clock.now()
    if current.ended_at is not None or current.until <= now:
        raise OverrideOver
    override.ended_at = now
    override.save(update_fields=["ended_at"])
    record(
        "supply.override_ended",
        f"station:{override.station.code}",
        by=by,
        reason=reason,
        kind=override.kind,
        level=override.level,
    )
    return override


def watch_supply() -> int:
    """Note the level of every guarded class anew and tell staff of a change once; return how many changed.

    One transaction per station, so that a slow one holds up nobody. Booking never asks these rows.
    """
    stations = list(Station.objects.active().order_by("pk"))
    supplies = supplies_at([station.pk for station in stations])
    statuses = {(row.station_id, row.kind): row for row in SupplyStatus.objects.all()}
    changed = 0
    for station in stations:
        of_station = {kind: supplies[key] for key in supplies if key[0] == station.pk for kind in [key[1]]}
        if of_station:
            changed += _note(station, of_station, statuses)
    _forget(key for key in statuses if key not in supplies)
    return changed


@transaction.atomic
def _note(
    station: Station, supplies: dict[str, Supply], statuses: dict[tuple[int, str], SupplyStatus]
) -> int:
    now = clock.now()
    changed = 0
    for kind, supply in supplies.items():
        row = statuses.get((station.pk, kind))
        if row is None:
            SupplyStatus.objects.get_or_create(
                station=station, kind=kind, defaults={**_values(supply), "since": now}
            )
            continue
        if is_news(before=SupplyLevel(row.level), since=row.since, supply=supply, now=now):
            # Compare and swap: of two workers at once only one tells.
            swapped = SupplyStatus.objects.filter(pk=row.pk, level=row.level, since=row.since)
            if swapped.update(**_values(supply), since=now):
                _tell(station, kind, supply, now)
                changed += 1
        elif row.level == supply.level and (row.ready_count, row.cause) != (supply.ready, supply.cause):
            SupplyStatus.objects.filter(pk=row.pk, level=row.level).update(
                ready_count=supply.ready, cause=supply.cause
            )
    return changed


def _values(supply: Supply) -> dict[str, object]:
    return {"level": supply.level, "cause": supply.cause, "ready_count": supply.ready}


def _forget(keys: Iterable[tuple[int, str]]) -> None:
    """Drop the levels of classes that nobody guards any more."""
    for station_id, kind in keys:
        SupplyStatus.objects.filter(station_id=station_id, kind=kind).delete()


def _tell(station: Station, kind: str, supply: Supply, now: datetime) -> None:
    """Write to everybody who works at the station."""
    posts = StaffPost.objects.filter(station=station, ended_at=None, user__is_active=True)
    staff = User.objects.filter(pk__in=posts.values("user")).order_by("pk")
    for user in staff:
        notify(
            user=user,
            kind=MessageKind.SUPPLY_CHANGED,
            key=f"supply:{station.code}:{kind}:{now:%Y%m%dT%H%M%S}:{user.pk}",
            reference=f"station:{station.code}",
            context={
                "station_name": station.name,
                "kind_label": VehicleKind(kind).label,
                "level_label": supply.level.label,
                "cause_label": supply.cause.label,
                "ready": supply.ready,
                "threshold": supply.threshold,
            },
        )
