"""Packing jobs onto vehicles so that one more fits: pure, deterministic, bounded (docs/repacking.md).

A lane is one vehicle's time, a job a stretch of time that any equal vehicle could serve; times are whole
seconds. Without fixed claims in the middle, jobs fit exactly if at no moment there are more of them than
lanes (interval-graph colouring); with them the question is NP-hard, hence the budgets.

Three steps, each only when the one before found nothing: try none, one, two moves and so on (the fewest
that there are); sweep over a window of time that grows to the whole, leaving jobs where they are whenever their
lane is free; search such a window exhaustively, remembering dead ends.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stations.timeline.packing_board import (
    ALWAYS,
    NEVER,
    Board,
    Budget,
    Job,
    Lane,
    OutOfBudget,
    Span,
    board_of,
    cluster,
    enough_lanes,
    most_at_once,
    slack_around,
)
from stations.timeline.packing_ways import by_chains, by_search, by_sweep

__all__ = ["ALWAYS", "NEVER", "Job", "Lane", "Packed", "Span", "most_at_once", "pack", "slack_around"]

CHAIN_NODES = 6_000
# Before everything is swept: only what lies within so many seconds of the new job.
WINDOWS = (24 * 3600, 4 * 24 * 3600)
WINDOW_NODES = 2_000
NODES = 40_000
# Deeper than this the exhaustive search would meet Python's limit of recursion.
MOST_JOBS_TO_SEARCH = 400


@dataclass(frozen=True, slots=True)
class Packed:
    """What came out. `lanes` has the lane of each job that is new or moves, or is None: no room.

    `is_proven` tells a "no room" that is certain from one where the budget ran out.
    """

    lanes: Mapping[int, int] | None
    is_proven: bool = True
    nodes: int = 0


def pack(
    lanes: Sequence[Lane],
    jobs: Iterable[Job],
    new: Sequence[Job],
    *,
    nodes: int = NODES,
    seconds: float = 3600.0,
) -> Packed:
    """Place the new jobs, moving as few of the others as can be found within the budget.

    The same input gives the same answer unless the clock cuts it short.
    """
    deadline = time.monotonic() + seconds
    whole = board_of(lanes, cluster(list(jobs), new), NEVER, new)
    if not all(whole.options) or not enough_lanes(whole, new):
        return Packed(None)
    chain = Budget(min(CHAIN_NODES, nodes), deadline)
    found = by_chains(whole, chain)
    if found is not None:
        return Packed(_changes(whole, found), nodes=chain.used)
    used = chain.used
    for window in WINDOWS:
        board = board_of(lanes, whole.jobs, window, new)
        budget = Budget(min(WINDOW_NODES, max(0, nodes - used)), deadline)
        found = by_sweep(board) or _searched(board, budget)
        used += budget.used
        if found is not None:
            return Packed(_changes(board, _settle(board, found)), nodes=used)
    budget = Budget(max(0, nodes - used), deadline)
    found = by_sweep(whole) or _searched(whole, budget)
    used += budget.used
    if found is not None:
        return Packed(_changes(whole, _settle(whole, found)), nodes=used)
    return Packed(None, is_proven=not budget.is_spent, nodes=used)


def _searched(board: Board, budget: Budget) -> list[int] | None:
    if len(board.jobs) > MOST_JOBS_TO_SEARCH:
        budget.is_spent = True
        return None
    try:
        return by_search(board, budget)
    except OutOfBudget:
        return None


def _changes(board: Board, lanes: Sequence[int]) -> dict[int, int]:
    """Return by key where the jobs go that are new or move."""
    return {
        job.key: board.lanes[lane].key
        for job, home, lane in zip(board.jobs, board.home, lanes, strict=True)
        if lane != home
    }


def _settle(board: Board, lanes: list[int]) -> list[int]:
    """Undo the moves that turned out not to be needed: back home wherever home is free after all."""
    rows: list[set[int]] = [set() for _ in board.lanes]
    for number, lane in enumerate(lanes):
        rows[lane].add(number)
    changed = True
    while changed:
        changed = False
        for number, (home, lane) in enumerate(zip(board.home, lanes, strict=True)):
            if home in {-1, lane}:
                continue
            job = board.jobs[number]
            if all(
                board.jobs[other].ends_at <= job.starts_at or job.ends_at <= board.jobs[other].starts_at
                for other in rows[home]
            ):
                rows[lane].remove(number)
                rows[home].add(number)
                lanes[number] = home
                changed = True
    return lanes
