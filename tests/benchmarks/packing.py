"""How many more bookings fit when bookings by model may be moved: a station's demand, simulated and seeded.

    python -m tests.benchmarks.packing [--days 120] [--vehicles 12] [--seeds 7 8 9]

Needs no database. Each line of the table serves the same requests, one after the other as they come, in
another way. Exits with 1 if repacking with nothing pinned accepts anything else than interval-graph
colouring allows: a request exactly if the accepted ones and it never need more vehicles than there are.
"""

import argparse
import heapq
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from stations.timeline.packing import Job, Lane, Packed, Span, most_at_once, pack, slack_around

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR
TURNAROUND = 30 * MINUTE
LOADS = (0.6, 0.8, 1.0, 1.3)

# At which hour vehicles are taken, of a thousand: 7:00 to 20:00, weekdays and weekends. The shape is that of
# 215,000 trips from shared stations (Bay Area Bike Share, January to August 2014, CC0), cut to opening hours.
OPENS = 7
WEEKDAY = (78, 149, 105, 45, 41, 51, 45, 36, 46, 92, 138, 99, 50, 27)
WEEKEND = (14, 29, 51, 72, 96, 105, 102, 100, 101, 99, 81, 68, 48, 34)
# How long rentals last: share, shortest and longest in hours.
LENGTHS = ((0.38, 2, 5), (0.26, 6, 11), (0.22, 20, 28), (0.10, 40, 80), (0.03, 120, 180), (0.01, 240, 360))
# How long before: share, shortest and longest in hours.
LEADS = ((0.30, 1, 12), (0.40, 12, 120), (0.25, 120, 600), (0.05, 600, 1400))


@dataclass(frozen=True, slots=True)
class Life:
    """What else happens at a station, as shares of the bookings."""

    by_plate: float = 0.0
    cancelled: float = 0.0
    early: float = 0.0
    late: float = 0.0


FREE = Life()
PINNED = Life(by_plate=0.2, cancelled=0.15, early=0.15, late=0.08)


@dataclass(frozen=True, slots=True)
class Request:
    """One renter's wish, and what will become of it if it is granted."""

    key: int
    asked_at: int
    starts_at: int
    ends_at: int
    # The vehicles in the order in which this renter likes them; empty if any will do.
    likes: tuple[int, ...]
    cancelled_at: int | None
    # When the vehicle is really back.
    back_at: int

    @property
    def span(self) -> Span:
        return self.starts_at, self.ends_at + TURNAROUND


def demand(*, days: int, vehicles: int, load: float, life: Life, seed: int) -> list[Request]:
    """Return requests whose rentals would take `load` times what the fleet has, in the order of asking."""
    rng = random.Random(f"{seed}:{load}:{life}")
    wanted = load * vehicles * days * DAY
    found: list[Request] = []
    total = 0
    while total < wanted:
        request = _wish(rng, len(found) + 1, days, vehicles, life)
        total += request.ends_at - request.starts_at
        found.append(request)
    return sorted(found, key=lambda request: (request.asked_at, request.key))


def _wish(rng: random.Random, key: int, days: int, vehicles: int, life: Life) -> Request:
    day = rng.randrange(days)
    hours = WEEKEND if day % 7 >= 5 else WEEKDAY
    hour = OPENS + rng.choices(range(len(hours)), hours)[0]
    starts_at = day * DAY + hour * HOUR + rng.choice((0, 30)) * MINUTE
    length = _pick(rng, LENGTHS)
    ends_at = starts_at + length
    asked_at = starts_at - _pick(rng, LEADS)
    likes = tuple(rng.sample(range(vehicles), vehicles)) if rng.random() < life.by_plate else ()
    cancelled_at = rng.randrange(asked_at, starts_at) if rng.random() < life.cancelled else None
    back_at, chance = ends_at, rng.random()
    if chance < life.early:
        back_at -= rng.randrange(length // 3 // MINUTE) * MINUTE
    elif chance < life.early + life.late:
        back_at += rng.randrange(30, 180) * MINUTE
    return Request(key, asked_at, starts_at, ends_at, likes, cancelled_at, back_at)


def _pick(rng: random.Random, table: tuple[tuple[float, int, int], ...]) -> int:
    _share, shortest, longest = rng.choices(table, [row[0] for row in table])[0]
    return rng.randrange(shortest * 2, longest * 2 + 1) * 30 * MINUTE


# --- A station -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Claim:
    """An accepted request on its vehicle."""

    request: Request
    span: Span
    lane: int
    is_pinned: bool


@dataclass(slots=True)
class Tally:
    """What one way of serving came to."""

    asked: int = 0
    accepted: set[int] = field(default_factory=set)
    seconds_rented: int = 0
    moves: int = 0
    most_moves: int = 0
    helped: int = 0
    late_next: int = 0
    stranded: int = 0
    solver: list[float] = field(default_factory=list)

    def add(self, other: "Tally", *, apart: int) -> None:
        """Add what another seed came to; its requests are told `apart` from ours by their keys."""
        self.asked += other.asked
        self.accepted |= {key + apart for key in other.accepted}
        self.seconds_rented += other.seconds_rented
        self.moves += other.moves
        self.most_moves = max(self.most_moves, other.most_moves)
        self.helped += other.helped
        self.late_next += other.late_next
        self.stranded += other.stranded
        self.solver += other.solver


BOUND = "colouring (bound)"
Choose = Callable[[list[int], "Yard", Span], int]


class Yard:
    """The vehicles of one model at one station, served in one way."""

    def __init__(self, vehicles: int, choose: Choose, *, repacks: bool) -> None:
        self.choose = choose
        self.repacks = repacks
        self.rows: list[dict[int, Claim]] = [{} for _ in range(vehicles)]
        self.claims: dict[int, Claim] = {}
        self.tally = Tally()
        self.now = 0

    def ask(self, request: Request) -> bool:
        """Accept or refuse a request for good."""
        self._forget()
        lane, is_pinned = self._place(request, request.span)
        if lane is None:
            return False
        self._put(Claim(request, request.span, lane, is_pinned))
        self.tally.accepted.add(request.key)
        self.tally.seconds_rented += request.ends_at - request.starts_at
        return True

    def _place(self, request: Request, span: Span) -> tuple[int | None, bool]:
        free = [number for number, row in enumerate(self.rows) if _is_free(row, span)]
        liked = next((lane for lane in request.likes if lane in free), None)
        if liked is not None:
            return liked, True
        if free:
            return self.choose(free, self, span), False
        return (self._repack(request.key, span), False) if self.repacks else (None, False)

    def _repack(self, key: int, span: Span) -> int | None:
        fixed: list[list[Span]] = [[] for _ in self.rows]
        jobs = []
        for other, claim in self.claims.items():
            if claim.is_pinned or claim.span[0] <= self.now:
                fixed[claim.lane].append(claim.span)
            else:
                jobs.append(Job(other, *claim.span, claim.lane))
        lanes = [Lane(number, tuple(sorted(spans))) for number, spans in enumerate(fixed)]
        started = time.perf_counter()
        found: Packed = pack(lanes, jobs, [Job(key, *span)])
        self.tally.solver.append(time.perf_counter() - started)
        if found.lanes is None:
            return None
        moved = {other: lane for other, lane in found.lanes.items() if other != key}
        for other, lane in moved.items():
            del self.rows[self.claims[other].lane][other]
            self.claims[other].lane = lane
        for other, lane in moved.items():
            self.rows[lane][other] = self.claims[other]
        self.tally.moves += len(moved)
        self.tally.most_moves = max(self.tally.most_moves, len(moved))
        self.tally.helped += 1
        return found.lanes[key]

    def cancel(self, key: int) -> None:
        claim = self.claims.get(key)
        if claim is not None:
            self.tally.accepted.discard(key)
            self.tally.seconds_rented -= claim.request.ends_at - claim.request.starts_at
            self._drop(claim)

    def give_back(self, key: int) -> None:
        """Note when a vehicle is really back. Whoever is next on it and cannot wait must go elsewhere."""
        claim = self.claims.get(key)
        if claim is None:
            return
        claim.span = (claim.span[0], claim.request.back_at + TURNAROUND)
        for other in [other for other in self.rows[claim.lane].values() if other is not claim]:
            if _overlap(other.span, claim.span):
                self.tally.late_next += 1
                self._drop(other)
                lane, _is_pinned = self._place(other.request, other.span)
                if lane is None:
                    self.tally.stranded += 1
                else:
                    self._put(Claim(other.request, other.span, lane, is_pinned=False))

    def _put(self, claim: Claim) -> None:
        self.claims[claim.request.key] = claim
        self.rows[claim.lane][claim.request.key] = claim

    def _drop(self, claim: Claim) -> None:
        del self.claims[claim.request.key]
        del self.rows[claim.lane][claim.request.key]

    def _forget(self) -> None:
        for claim in [claim for claim in self.claims.values() if claim.span[1] <= self.now]:
            self._drop(claim)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _is_free(row: dict[int, Claim], span: Span) -> bool:
    return not any(_overlap(claim.span, span) for claim in row.values())


class Pool(Yard):
    """Capacity alone: accepts whatever never needs more vehicles than there are, on no vehicle at all.

    That is what interval-graph colouring allows. Whoever wants one certain vehicle gets any.
    """

    def ask(self, request: Request) -> bool:
        self._forget()
        start, end = request.span
        within = [claim.span for claim in self.claims.values() if _overlap(claim.span, request.span)]
        clipped = [(max(start, one), min(end, other)) for one, other in within]
        if most_at_once(clipped) >= len(self.rows):
            return False
        self.claims[request.key] = Claim(request, request.span, 0, is_pinned=False)
        self.rows[0][request.key] = self.claims[request.key]
        self.tally.accepted.add(request.key)
        self.tally.seconds_rented += request.ends_at - request.starts_at
        return True

    def give_back(self, key: int) -> None:
        claim = self.claims.get(key)
        if claim is not None:
            claim.span = (claim.span[0], claim.request.back_at + TURNAROUND)


def first(free: list[int], _yard: Yard, _span: Span) -> int:
    return free[0]


def tightest(free: list[int], yard: Yard, span: Span) -> int:
    return min(
        free, key=lambda lane: (slack_around([claim.span for claim in yard.rows[lane].values()], span), lane)
    )


def anyone(seed: int) -> Choose:
    rng = random.Random(seed)
    return lambda free, _yard, _span: rng.choice(free)


def ways(vehicles: int, seed: int) -> dict[str, Yard]:
    """Return the ways of serving that are compared, the bound last."""
    return {
        "first fit": Yard(vehicles, first, repacks=False),
        "random fit": Yard(vehicles, anyone(seed), repacks=False),
        "best fit": Yard(vehicles, tightest, repacks=False),
        "random fit, repacking": Yard(vehicles, anyone(seed), repacks=True),
        "best fit, repacking": Yard(vehicles, tightest, repacks=True),
        BOUND: Pool(vehicles, first, repacks=False),
    }


def serve(yard: Yard, requests: list[Request]) -> Tally:
    """Let a station live through its requests in the order of time."""
    events: list[tuple[int, int, int, Request]] = [
        (request.asked_at, 2, request.key, request) for request in requests
    ]
    heapq.heapify(events)
    while events:
        yard.now, what, key, request = heapq.heappop(events)
        if what == 0:
            yard.cancel(key)
        elif what == 1:
            yard.give_back(key)
        elif yard.ask(request):
            if request.cancelled_at is not None:
                heapq.heappush(events, (request.cancelled_at, 0, key, request))
            elif request.back_at != request.ends_at:
                # That somebody is late is known when they should have been back.
                known_at = min(request.back_at, request.ends_at)
                heapq.heappush(events, (known_at, 1, key, request))
    yard.tally.asked = len(requests)
    return yard.tally


# --- The table -----------------------------------------------------------------------------------

HEADINGS = (
    "load", "served by", "accepted", "of asked", "hours rented", "of bound", "vs first fit", "vs best fit",
    "moves each", "most", "solver ms", "stranded",
)  # fmt: skip
NOTHING_PINNED = "Nothing pinned"
TABLES = {NOTHING_PINNED: FREE, "A fifth by plate, cancellations, early and late": PINNED}


def tallies(life: Life, *, days: int, vehicles: int, load: float, seeds: Sequence[int]) -> dict[str, Tally]:
    """Serve the same requests in every way; the seeds are added up."""
    found: dict[str, Tally] = defaultdict(Tally)
    for seed in seeds:
        requests = demand(days=days, vehicles=vehicles, load=load, life=life, seed=seed)
        for name, yard in ways(vehicles, seed).items():
            found[name].add(serve(yard, requests), apart=seed * 1_000_000)
    return found


def keeps_promise(life: Life, found: dict[str, Tally]) -> bool:
    """Say whether repacking accepted exactly what colouring allows; promised only where nothing is pinned."""
    bound = found[BOUND].accepted
    return life != FREE or all(found[name].accepted == bound for name in found if "repacking" in name)


def lines(load: float, found: dict[str, Tally]) -> Iterator[tuple[str, ...]]:
    bound = found[BOUND]
    for name, tally in found.items():
        count = len(tally.accepted)
        times = [seconds * 1000 for seconds in tally.solver]
        yield (
            f"{load:.1f}",
            name,
            f"{count:,}",
            f"{tally.asked:,}",
            f"{tally.seconds_rented / HOUR:,.0f}",
            f"{tally.seconds_rented / bound.seconds_rented:.1%}",
            _more(tally, found["first fit"]),
            _more(tally, found["best fit"]),
            f"{tally.moves / count:.2f}" if times else "",
            f"{tally.most_moves}" if times else "",
            f"{statistics.median(times):.1f} / {max(times):.0f}" if times else "",
            f"{tally.stranded} of {tally.late_next}" if tally.late_next else "",
        )


def _more(tally: Tally, base: Tally) -> str:
    """Say how many bookings and hours more, or fewer, were accepted."""
    if tally is base:
        return ""
    count = len(tally.accepted) - len(base.accepted)
    return f"{count:+,} · {tally.seconds_rented / base.seconds_rented - 1:+.1%} h"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--vehicles", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    chosen = parser.parse_args()
    is_kept = True
    for title, life in TABLES.items():
        print(f"\n{title}: {chosen.vehicles} vehicles, {chosen.days} days, seeds {chosen.seeds}\n")
        print("| " + " | ".join(HEADINGS) + " |")
        print("|" + " --- |" * len(HEADINGS))
        for load in LOADS:
            found = tallies(life, days=chosen.days, vehicles=chosen.vehicles, load=load, seeds=chosen.seeds)
            is_kept = is_kept and keeps_promise(life, found)
            for cells in lines(load, found):
                print("| " + " | ".join(cells) + " |", flush=True)
    if not is_kept:
        print("\nRepacking with nothing pinned did not accept what colouring allows.")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
