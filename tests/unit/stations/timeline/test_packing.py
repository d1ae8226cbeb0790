from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.timeline.packing import ALWAYS, NEVER, Job, Lane, most_at_once, pack

DAY = 24 * 3600


def overlap(one, other):
    return one[0] < other[1] and other[0] < one[1]


def may_lie(lane, job):
    if job.lane == lane.key:
        return True
    span = (job.starts_at, job.ends_at)
    in_time = lane.opens_at <= job.starts_at and job.ends_at <= lane.closes_at
    return in_time and not any(overlap(span, fixed) for fixed in lane.fixed)


def places_after(jobs, new, packed):
    return {job.key: packed.lanes.get(job.key, job.lane) for job in [*jobs, *new]}


def is_sound(lanes, jobs, places):
    by_key = {lane.key: lane for lane in lanes}
    if not all(may_lie(by_key[places[job.key]], job) for job in jobs):
        return False
    return not any(
        places[a.key] == places[b.key] and overlap((a.starts_at, a.ends_at), (b.starts_at, b.ends_at))
        for number, a in enumerate(jobs)
        for b in jobs[:number]
    )


def fewest_moves(lanes, jobs, new):
    """Try everything: the fewest moves among all sound assignments, or None if there is none."""
    everything = [*jobs, *new]
    best = None
    for choice in product([lane.key for lane in lanes], repeat=len(everything)):
        places = {job.key: lane for job, lane in zip(everything, choice, strict=True)}
        if is_sound(lanes, everything, places):
            moves = sum(places[job.key] != job.lane for job in jobs)
            best = moves if best is None else min(best, moves)
    return best


def first_fit(lanes, spans):
    """Lay spans down one by one where they fit; leave out what does not."""
    jobs: list[Job] = []
    for number, (start, end) in enumerate(spans):
        for lane in lanes:
            job = Job(number, start, end, None)
            others = [other for other in jobs if other.lane == lane.key]
            if may_lie(lane, job) and not any(
                overlap((start, end), (other.starts_at, other.ends_at)) for other in others
            ):
                jobs.append(Job(number, start, end, lane.key))
                break
    return jobs


@st.composite
def spans(draw, most, horizon=14, longest=5):
    starts = draw(st.lists(st.integers(0, horizon), min_size=1, max_size=most))
    return [(start, start + draw(st.integers(1, longest))) for start in starts]


@st.composite
def problems(draw):
    """Up to three vehicles with fixed claims and limits, up to six jobs on them, and one or two new ones."""
    lanes = []
    for key in range(draw(st.integers(1, 3))):
        fixed: list[tuple[int, int]] = []
        for span in draw(st.just([]) | spans(2)):
            if not any(overlap(span, other) for other in fixed):
                fixed.append(span)
        opens_at = draw(st.sampled_from([ALWAYS, ALWAYS, 3, NEVER]))
        closes_at = draw(st.sampled_from([NEVER, NEVER, 12]))
        lanes.append(Lane(key + 10, tuple(fixed), opens_at, closes_at))
    # What lies there now may lie on vehicles that take nothing new: they broke after it was booked.
    broken_since = [Lane(lane.key, lane.fixed) for lane in lanes]
    jobs = first_fit(broken_since, draw(spans(6)))
    new = [Job(100 + number, *span) for number, span in enumerate(draw(spans(2)))]
    return lanes, jobs, new


@given(problems())
@settings(max_examples=300, deadline=None)
def test_what_fits_by_trying_everything_is_found_with_the_fewest_moves(problem):
    lanes, jobs, new = problem
    packed = pack(lanes, jobs, new)

    fewest = fewest_moves(lanes, jobs, new)

    assert packed.is_proven
    assert (packed.lanes is None) == (fewest is None)
    if fewest is not None:
        moved = [key for key in packed.lanes if key < 100]
        assert len(moved) == fewest


@given(problems())
@settings(max_examples=300, deadline=None)
def test_no_job_is_lost_doubled_or_put_where_it_may_not_lie(problem):
    lanes, jobs, new = problem
    packed = pack(lanes, jobs, new)

    if packed.lanes is not None:
        assert set(packed.lanes) >= {job.key for job in new}
        assert is_sound(lanes, [*jobs, *new], places_after(jobs, new, packed))
        # Whoever is named goes elsewhere; whoever is not stays.
        assert all(packed.lanes[job.key] != job.lane for job in jobs if job.key in packed.lanes)


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_same_question_gets_the_same_answer(problem):
    lanes, jobs, new = problem

    assert pack(lanes, jobs, new) == pack(lanes, list(reversed(jobs)), new)


@given(st.integers(1, 8), st.integers(0, 3), spans(120, horizon=20 * DAY // 3600, longest=60))
@settings(max_examples=60, deadline=None)
def test_with_nothing_pinned_everything_is_accepted_that_colouring_allows(width, out, wanted):
    # Vehicles that are out now come back before anything that can be moved begins.
    lanes = [Lane(key, ((-5, 0),) if key < out else ()) for key in range(width)]
    jobs: list[Job] = []
    for number, (start, end) in enumerate(wanted):
        spans_now = [(job.starts_at, job.ends_at) for job in jobs]
        packed = pack(lanes, jobs, [Job(number, start, end)])

        assert (packed.lanes is not None) == (most_at_once([*spans_now, (start, end)]) <= width)
        assert packed.is_proven
        if packed.lanes is not None:
            places = places_after(jobs, [Job(number, start, end)], packed)
            jobs.append(Job(number, start, end))
            jobs = [Job(job.key, job.starts_at, job.ends_at, places[job.key]) for job in jobs]
            assert is_sound(lanes, jobs, places)


def test_one_move_makes_room_where_no_vehicle_is_free_throughout():
    lanes = [Lane(1), Lane(2)]
    jobs = [Job(7, 0, 10, 1), Job(8, 20, 30, 2)]

    assert pack(lanes, jobs, [Job(9, 5, 25)]).lanes == {7: 2, 9: 1}


def test_the_tightest_gap_is_taken_when_several_vehicles_are_free():
    lanes = [Lane(1), Lane(2, ((0, 10), (20, 30))), Lane(3, ((0, 10),))]

    assert pack(lanes, [], [Job(9, 10, 20)]).lanes == {9: 2}


def test_a_job_chosen_by_plate_stays_even_if_the_new_one_is_refused():
    lanes = [Lane(1, ((0, 10),)), Lane(2, ((20, 30),))]

    packed = pack(lanes, [], [Job(9, 5, 25)])

    assert packed.lanes is None
    assert packed.is_proven


def test_a_vehicle_that_is_not_ready_takes_nobody_who_comes_before_it_is():
    lanes = [Lane(1), Lane(2, opens_at=100)]
    jobs = [Job(7, 50, 60, 1)]

    assert pack(lanes, jobs, [Job(9, 55, 80)]).lanes is None
    assert pack([Lane(1), Lane(2)], jobs, [Job(9, 55, 80)]).lanes == {9: 2}


def test_a_search_without_budget_refuses_and_does_not_claim_proof():
    # The first job must leave its free vehicle for the one that is blocked later: no sweep sees that.
    lanes = [Lane(1, ((10, 20),)), Lane(2)]
    jobs = [Job(7, 0, 10, 2)]

    packed = pack(lanes, jobs, [Job(9, 5, 25)], nodes=0)

    assert packed.lanes is None
    assert not packed.is_proven
    assert pack(lanes, jobs, [Job(9, 5, 25)]).lanes == {7: 1, 9: 2}


@pytest.mark.parametrize(
    ("spans", "depth"), [([], 0), ([(0, 5), (5, 9)], 1), ([(0, 6), (5, 9)], 2), ([(0, 9), (1, 2), (2, 3)], 2)]
)
def test_what_ends_when_another_begins_is_not_at_once(spans, depth):
    assert most_at_once(spans) == depth
