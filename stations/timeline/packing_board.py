"""One packing problem laid out by index, and what can be told about it without searching."""

import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Span = tuple[int, int]

ALWAYS = -(2**62)
NEVER = 2**62
CLOCK_EVERY = 128
# A vehicle that is idle for longer counts as idle for this long: beyond it, gaps are alike.
LONG_GAP = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Lane:
    """One vehicle: what nobody may move, and from when until when it takes jobs that it does not have yet."""

    key: int
    fixed: tuple[Span, ...] = ()
    opens_at: int = ALWAYS
    closes_at: int = NEVER


@dataclass(frozen=True, slots=True)
class Job:
    """A stretch of time, turnaround included, and the lane it lies on now; None for one to be placed."""

    key: int
    starts_at: int
    ends_at: int
    lane: int | None = None


class OutOfBudget(Exception):
    """A search was cut short: what it found so far proves nothing."""


@dataclass(slots=True)
class Budget:
    """Nodes first, so that results repeat; the clock only guards against the worst."""

    nodes: int
    deadline: float
    used: int = 0
    is_spent: bool = False

    def spend(self) -> None:
        self.used += 1
        if self.used > self.nodes or (self.used % CLOCK_EVERY == 0 and time.monotonic() > self.deadline):
            self.is_spent = True
            raise OutOfBudget


@dataclass(slots=True)
class Board:
    """One problem, by index instead of key: jobs by start, lanes in the order given."""

    lanes: Sequence[Lane]
    jobs: list[Job]
    # Per job its present lane, -1 for a new one; per job and lane whether it may lie there at all.
    home: list[int]
    allowed: list[list[bool]]
    fixed: list[list[Span]]
    options: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.options = [[lane for lane, may in enumerate(row) if may] for row in self.allowed]


def most_at_once(spans: Iterable[Span]) -> int:
    """Return how many spans overlap at the busiest moment; they end before they end."""
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    depth = deepest = 0
    for _moment, step in edges:
        depth += step
        deepest = max(deepest, depth)
    return deepest


def slack_around(spans: Iterable[Span], wanted: Span) -> int:
    """Return the idle seconds before and after a wanted span among others, each at most LONG_GAP.

    Best fit: where this is smallest, the least is cut to pieces.
    """
    before = after = LONG_GAP
    for start, end in spans:
        if end <= wanted[0]:
            before = min(before, wanted[0] - end)
        elif start >= wanted[1]:
            after = min(after, start - wanted[1])
    return before + after


def cluster(jobs: list[Job], new: Sequence[Job]) -> list[Job]:
    """Return the jobs that a chain of overlaps connects with the new ones: no other can be in the way."""
    everything = sorted([*jobs, *new], key=lambda job: (job.starts_at, job.ends_at, job.key))
    wanted = {job.key for job in new}
    kept: list[Job] = []
    group: list[Job] = []
    end = ALWAYS
    for job in everything:
        if job.starts_at >= end:
            kept += group if any(member.key in wanted for member in group) else ()
            group = []
        group.append(job)
        end = max(end, job.ends_at)
    return kept + (group if any(member.key in wanted for member in group) else [])


def board_of(lanes: Sequence[Lane], jobs: list[Job], window: int, new: Sequence[Job]) -> Board:
    """Set up the problem; jobs outside of the window count as fixed where they lie."""
    first = min(job.starts_at for job in new) - window
    last = max(job.ends_at for job in new) + window
    index = {lane.key: number for number, lane in enumerate(lanes)}
    fixed = [list(lane.fixed) for lane in lanes]
    inside = []
    for job in jobs:
        if job.lane is None or (job.ends_at > first and job.starts_at < last):
            inside.append(job)
        else:
            fixed[index[job.lane]].append((job.starts_at, job.ends_at))
    fixed = [merged(spans) for spans in fixed]
    home = [-1 if job.lane is None else index[job.lane] for job in inside]
    allowed = [
        [
            number == at
            or (
                lane.opens_at <= job.starts_at
                and job.ends_at <= lane.closes_at
                and _is_free(fixed[number], job)
            )
            for number, lane in enumerate(lanes)
        ]
        for job, at in zip(inside, home, strict=True)
    ]
    return Board(lanes, inside, home, allowed, fixed)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans by start, those that overlap or touch as one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _is_free(spans: list[Span], job: Job) -> bool:
    after = bisect_left(spans, (job.ends_at, ALWAYS))
    return after == 0 or spans[after - 1][1] <= job.starts_at


def enough_lanes(board: Board, new: Sequence[Job]) -> bool:
    """Say whether, at each moment of the new jobs, all who are there then could lie on different lanes.

    Necessary, not sufficient. Lanes are matched with jobs, so that what is fixed counts.
    """
    first, last = min(job.starts_at for job in new), max(job.ends_at for job in new)
    moments = {job.starts_at for job in board.jobs if first <= job.starts_at < last} | {first}
    for moment in sorted(moments):
        there = [number for number, job in enumerate(board.jobs) if job.starts_at <= moment < job.ends_at]
        if len(there) > len(board.lanes) or not _can_match(board, there):
            return False
    return True


def _can_match(board: Board, there: list[int]) -> bool:
    taken: dict[int, int] = {}
    # Whoever has a lane keeps it in the first try; only the new ones look further.
    for job in sorted(there, key=lambda job: (board.home[job] < 0, job)):
        if board.home[job] >= 0:
            taken[board.home[job]] = job
        elif not _augment(board, job, taken, set()):
            return False
    return True


def _augment(board: Board, job: int, taken: dict[int, int], seen: set[int]) -> bool:
    for lane in board.options[job]:
        if lane in seen:
            continue
        seen.add(lane)
        if lane not in taken or _augment(board, taken[lane], taken, seen):
            taken[lane] = job
            return True
    return False
