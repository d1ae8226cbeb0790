"""The geometry of the pictures: whole numbers only, so no language puts a comma into them. No database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django_stubs_ext import StrOrPromise

from rentals.analytics.plan import PlannedClaim, VehicleDay
from voltgo.core import clock

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, what it says to eyes and to screen readers, and what a click opens."""

    x: int
    y: int
    width: int
    height: int
    label: StrOrPromise
    words: str
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: its size and its bars."""

    width: int
    height: int
    bars: Sequence[Bar]


# --- Columns ------------------------------------------------------------------------------------------

COLUMN_STEP = 34
COLUMN_WIDTH = 24
COLUMN_HEIGHT = 110
COLUMN_FOOT = 18


def columns(values: Sequence[tuple[str, int, str, str]]) -> Chart:
    """Draw one column per (label, value, words, url); the highest fills the picture, zero leaves a line."""
    highest = max((value for _label, value, _words, _url in values), default=0)
    bars = []
    for index, (label, value, words, url) in enumerate(values):
        height = max(1, value * COLUMN_HEIGHT // highest) if highest and value > 0 else 1
        x = index * COLUMN_STEP + (COLUMN_STEP - COLUMN_WIDTH) // 2
        bars.append(Bar(x, COLUMN_HEIGHT - height, COLUMN_WIDTH, height, label, words, url))
    return Chart(len(values) * COLUMN_STEP, COLUMN_HEIGHT + COLUMN_FOOT, bars)


# --- Rows ---------------------------------------------------------------------------------------------

ROW_HEIGHT = 30
ROW_LABEL = 120
ROW_WIDTH = 150
ROW_NUMBER = 45


def rows(values: Sequence[tuple[StrOrPromise, int, str, str]]) -> Chart:
    """Draw one lying bar per (label, value, url, kind)."""
    highest = max((value for _label, value, _url, _kind in values), default=0)
    bars = [
        Bar(
            ROW_LABEL,
            index * ROW_HEIGHT + 5,
            max(2, value * ROW_WIDTH // highest) if highest and value else 0,
            ROW_HEIGHT - 10,
            label,
            str(value),
            url,
            kind,
        )
        for index, (label, value, url, kind) in enumerate(values)
    ]
    return Chart(ROW_LABEL + ROW_WIDTH + ROW_NUMBER, len(values) * ROW_HEIGHT, bars)


# --- The day ------------------------------------------------------------------------------------------

PLAN_LABEL = 110
PLAN_HOUR = 40
PLAN_TOP = 24
PLAN_ROW = 30
# So many units take one letter of a bar's text.
LETTER = 7


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One vehicle's line of the day plan."""

    y: int
    plate: str
    url: str
    bars: Sequence[Bar]

    @property
    def text_y(self) -> int:
        return self.y + PLAN_ROW // 2 + 4


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole day of a station as a picture: hour lines, one line per vehicle, and where the day is now."""

    width: int
    height: int
    hours: Sequence[tuple[int, str]]
    rows: Sequence[PlanRow]
    now_x: int


def plan_chart(days: Sequence[VehicleDay], now: datetime, *, url_of: Callable[[PlannedClaim], str]) -> Plan:
    """Draw a day plan; claims that reach beyond midnight are cut there."""
    midnight = clock.day_bounds(clock.local(now).date())[0]
    hours = [(_x(midnight, midnight + timedelta(hours=hour)), f"{hour}") for hour in range(0, 25, 3)]
    drawn = [
        PlanRow(
            y=PLAN_TOP + index * PLAN_ROW,
            plate=day.vehicle.plate,
            url=reverse("admin:stations_vehicle_change", args=[day.vehicle.pk]),
            bars=[_claim_bar(claim, index, midnight, url_of(claim)) for claim in day.claims],
        )
        for index, day in enumerate(days)
    ]
    height = PLAN_TOP + len(days) * PLAN_ROW + 4
    return Plan(PLAN_LABEL + 24 * PLAN_HOUR + 10, height, hours, drawn, _x(midnight, now))


def _claim_bar(planned: PlannedClaim, index: int, midnight: datetime, url: str) -> Bar:
    start = _x(midnight, max(planned.starts_at, midnight))
    end = _x(midnight, min(planned.ends_at, midnight + DAY))
    width = max(4, end - start)
    room = (width - 12) // LETTER
    # The whole name, else the given name, which stands last, else nothing: never half a word.
    text = next((text for text in (planned.whose, planned.whose.split()[-1]) if len(text) <= room), "")
    return Bar(
        start,
        PLAN_TOP + index * PLAN_ROW + 3,
        width,
        PLAN_ROW - 6,
        text,
        words_of(planned),
        url,
        planned.claim.state,
    )


def words_of(planned: PlannedClaim) -> str:
    """Say a claim in full: who, from when to when, and how it stands."""
    start, end = clock.local(planned.starts_at), clock.local(planned.ends_at)
    code = f"{planned.booking.code}, " if planned.booking else ""
    return (
        f"{code}{planned.whose}, {start:%H:%M %d/%m} – {end:%H:%M %d/%m}, {planned.claim.get_state_display()}"
    )


def _x(midnight: datetime, moment: datetime) -> int:
    minutes = int((moment - midnight).total_seconds() // 60)
    return PLAN_LABEL + minutes * PLAN_HOUR // 60
