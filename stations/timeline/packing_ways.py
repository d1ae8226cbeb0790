"""Three ways to pack a board: few moves by ejection, a sweep by start, an exhaustive search with memory."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from stations.timeline.packing_board import ALWAYS, NEVER, Board, Budget, Job, OutOfBudget, Span, slack_around

# Moves that are tried one by one before the sweep takes over.
DEEPEST_CHAIN = 8


# --- Few moves: chains of ejections --------------------------------------------------------------


def by_chains(board: Board, budget: Budget) -> list[int] | None:
    """Find the assignment with the fewest moves, if DEEPEST_CHAIN of them and the budget suffice."""
    rows: list[list[int]] = [[] for _ in board.lanes]
    for number, lane in enumerate(board.home):
        if lane >= 0:
            rows[lane].append(number)
    waiting = [number for number, lane in enumerate(board.home) if lane < 0]
    try:
        for moves in range(DEEPEST_CHAIN + 1):
            placed: dict[int, int] = {}
            if _eject(board, rows, waiting, placed, moves, budget):
                return [placed.get(number, lane) for number, lane in enumerate(board.home)]
    except OutOfBudget:
        pass
    return None


def _eject(
    board: Board,
    rows: list[list[int]],
    waiting: list[int],
    placed: dict[int, int],
    moves: int,
    budget: Budget,
) -> bool:
    """Place the first that waits; those it pushes out wait in turn. `moves` may still be pushed out."""
    if not waiting:
        return True
    job, rest = waiting[0], waiting[1:]
    for out, _gap, lane in _choices(board, rows, placed, job, moves):
        budget.spend()
        placed[job] = lane
        rows[lane].append(job)
        for other in out:
            rows[lane].remove(other)
        if _eject(board, rows, [*out, *rest], placed, moves - len(out), budget):
            return True
        rows[lane].remove(job)
        rows[lane].extend(out)
        del placed[job]
    return False


def _choices(
    board: Board, rows: list[list[int]], placed: Mapping[int, int], job: int, moves: int
) -> list[tuple[tuple[int, ...], int, int]]:
    """Return the lanes for a job with whom it would push out: fewest first, then the tightest fit."""
    span = board.jobs[job]
    found = []
    for lane in board.options[job]:
        if lane == board.home[job]:
            # It was pushed out of there.
            continue
        out = _in_the_way(board, rows[lane], placed, span, moves)
        if out is not None:
            found.append((out, _slack(board, lane, rows[lane], span), lane))
    return sorted(found, key=lambda choice: (len(choice[0]), choice[1], choice[2]))


def _in_the_way(
    board: Board, row: list[int], placed: Mapping[int, int], span: Job, moves: int
) -> tuple[int, ...] | None:
    out: list[int] = []
    for other in row:
        there = board.jobs[other]
        if there.starts_at < span.ends_at and span.starts_at < there.ends_at:
            if other in placed or len(out) == moves:
                return None
            out.append(other)
    return tuple(sorted(out))


def _slack(board: Board, lane: int, row: Iterable[int], span: Job) -> int:
    """Return the idle time that would be left around a job on a lane."""
    others = [(board.jobs[other].starts_at, board.jobs[other].ends_at) for other in row]
    return slack_around([*board.fixed[lane], *others], (span.starts_at, span.ends_at))


# --- Many moves: a sweep by start ----------------------------------------------------------------


def by_sweep(board: Board) -> list[int] | None:
    """Give each job, by start, its present lane if that is free, else the one where it disturbs least.

    With nothing fixed after the first start, and lanes that take everything, this never fails while
    there are as many lanes as jobs at once: whichever free lane one takes, another is left.
    """
    until = [ALWAYS] * len(board.lanes)
    queues = _queues(board)
    result = []
    for number, job in enumerate(board.jobs):
        lane = board.home[number]
        if lane < 0 or until[lane] > job.starts_at:
            lane = _least_disturbing(board, until, queues, number)
            if lane < 0:
                return None
        until[lane] = job.ends_at
        result.append(lane)
    return result


def _queues(board: Board) -> list[list[Span]]:
    """Return what each lane has now, fixed or not, by start."""
    queues = [list(spans) for spans in board.fixed]
    for job, lane in zip(board.jobs, board.home, strict=True):
        if lane >= 0:
            queues[lane].append((job.starts_at, job.ends_at))
    for queue in queues:
        queue.sort()
    return queues


def _least_disturbing(board: Board, until: list[int], queues: list[list[Span]], number: int) -> int:
    """Return a free lane: one whose next own job is not touched and comes soonest, else the latest."""
    job = board.jobs[number]
    best, best_rank = -1, (2, 0, 0)
    for lane in board.options[number]:
        if until[lane] > job.starts_at:
            continue
        at = bisect_left(queues[lane], (job.starts_at, ALWAYS))
        next_start = queues[lane][at][0] if at < len(queues[lane]) else NEVER
        touches = next_start < job.ends_at
        rank = (int(touches), -next_start if touches else next_start, lane)
        if rank < best_rank:
            best, best_rank = lane, rank
    return best


# --- Exact: search with memory -------------------------------------------------------------------


def by_search(board: Board, budget: Budget) -> list[int] | None:
    """Try every assignment, by start, remembering dead ends; None means that there is none.

    Two lanes are alike if the same jobs may still come to them and both are free (or free at the same
    time): only one of them is tried, and dead ends are remembered by what the lanes are like.
    """
    width = len(board.lanes)
    open_to = [
        sum(1 << number for number in range(len(board.jobs)) if board.allowed[number][lane])
        for lane in range(width)
    ]
    queues = _queues(board)
    until = [ALWAYS] * width
    result: list[int] = []
    dead: set[tuple[tuple[int, int], ...]] = set()

    def descend(number: int) -> bool:
        if number == len(board.jobs):
            return True
        budget.spend()
        job = board.jobs[number]
        like = [(open_to[lane] >> number, max(until[lane], job.starts_at)) for lane in range(width)]
        # The number of jobs left can be told from the masks only together with `number`.
        state = (*sorted(like), (number, 0))
        if state in dead:
            return False
        tried: set[tuple[int, int]] = set()
        for lane in _in_order(board, until, queues, number):
            if like[lane] in tried:
                continue
            tried.add(like[lane])
            before, until[lane] = until[lane], job.ends_at
            result.append(lane)
            if descend(number + 1):
                return True
            result.pop()
            until[lane] = before
        dead.add(state)
        return False

    return result if descend(0) else None


def _in_order(board: Board, until: list[int], queues: list[list[Span]], number: int) -> list[int]:
    """Return the free lanes for a job: its own first, then by how little it disturbs there."""
    job = board.jobs[number]
    ranked = []
    for lane in board.options[number]:
        if until[lane] > job.starts_at:
            continue
        at = bisect_left(queues[lane], (job.starts_at, ALWAYS))
        next_start = queues[lane][at][0] if at < len(queues[lane]) else NEVER
        touches = next_start < job.ends_at
        is_away = lane != board.home[number]
        ranked.append((is_away, touches, -next_start if touches else next_start, lane))
    return [lane for *_rank, lane in sorted(ranked)]
