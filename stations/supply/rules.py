"""The supply guard's rule, pure: from what stands ready to what may still be booked for soon."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stations.supply.enums import SupplyLevel, SupplyReason

# The guard looks at pickups this near: for a later one the station still has time to charge and prepare.
WINDOW = timedelta(hours=6)
# A station whose tablet was not heard of for so long, while it was open, cannot give a vehicle.
OFFLINE_AFTER = timedelta(minutes=30)
# A change is told once: not before the last one is so old, and upward only with one vehicle to spare.
QUIET = timedelta(minutes=10)
TO_SPARE = 1

RANK = {SupplyLevel.NORMAL: 0, SupplyLevel.NARROW: 1, SupplyLevel.STOPPED: 2}


@dataclass(frozen=True, slots=True)
class Supply:
    """What one station has of one class: how much may be booked for soon, and why."""

    level: SupplyLevel = SupplyLevel.NORMAL
    cause: SupplyReason = SupplyReason.ENOUGH
    ready: int = 0
    threshold: int = 0
    reserve: int = 0
    # Only of an override: until when, and what the operator has written.
    until: datetime | None = None
    note: str = ""

    @property
    def is_normal(self) -> bool:
        return self.level == SupplyLevel.NORMAL

    @property
    def bookable(self) -> int | None:
        """How many more vehicles may be booked for soon; None where the guard sets no limit."""
        if self.level == SupplyLevel.NORMAL:
            return None
        if self.level == SupplyLevel.STOPPED:
            return 0
        return max(0, self.ready - self.reserve)

    @property
    def is_closed(self) -> bool:
        """Say whether nothing at all may be booked for soon; whoever walks in is served all the same."""
        return self.bookable == 0


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator has decided in the rule's place."""

    level: SupplyLevel
    until: datetime
    note: str = ""


# Where nobody has set a threshold the guard does not act.
UNGUARDED = Supply()


def supply_of(
    *, ready: int, threshold: int | None, reserve: int = 0, is_online: bool = True, override: Override | None
) -> Supply:
    """Return the level for a number of ready vehicles; `threshold` None means that no rule is set.

    An operator's decision wins over everything, a lost connection over any number.
    """
    if override is not None:
        return Supply(
            SupplyLevel(override.level),
            SupplyReason.OVERRIDE,
            ready,
            threshold or 0,
            reserve,
            override.until,
            override.note,
        )
    if threshold is None:
        return UNGUARDED
    if not is_online:
        level, cause = SupplyLevel.STOPPED, SupplyReason.STATION_OFFLINE
    elif ready == 0:
        level, cause = SupplyLevel.STOPPED, SupplyReason.NONE_READY
    elif ready < threshold:
        level, cause = SupplyLevel.NARROW, SupplyReason.FEW_READY
    else:
        level, cause = SupplyLevel.NORMAL, SupplyReason.ENOUGH
    return Supply(level, cause, ready, threshold, reserve)


def is_guarded(starts_at: datetime, now: datetime) -> bool:
    """Say whether a pickup is so near that the guard has a say in it."""
    return starts_at < now + WINDOW


def is_news(*, before: SupplyLevel, since: datetime, supply: Supply, now: datetime) -> bool:
    """Say whether a level has changed for good, so that staff should hear of it.

    An operator's decision is news at once. Otherwise the last change must be `QUIET` old, and a better
    level needs `TO_SPARE` vehicles beyond its threshold: a number that swings about the threshold is told
    at most once.
    """
    if supply.level == before:
        return False
    if supply.cause == SupplyReason.OVERRIDE:
        return True
    if now - since < QUIET:
        return False
    is_better = RANK[supply.level] < RANK[before]
    if not is_better:
        return True
    floor = supply.threshold if supply.level == SupplyLevel.NORMAL else 1
    return supply.ready >= floor + TO_SPARE
