"""Makes photographs and has them read, in worker processes that hold one reader each."""

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from accounts.extraction.types import Reading
from tests.identity.applicants import Photo

Sides = tuple[tuple[str, Photo], ...]


@dataclass(frozen=True)
class Task:
    """One paper to be read."""

    kind: str
    sides: Sides


@dataclass(frozen=True)
class Outcome:
    """What came of it, and what it cost. Portraits stay in the worker."""

    task: Task
    reading: Reading
    wall: float
    cpu: float
    making: float
    looks: tuple[tuple[str, int], ...] = ()


_engine = None


def start(engine: str) -> None:
    """Prepare a worker: one thread, one reader."""
    global _engine
    os.environ["OMP_THREAD_LIMIT"] = "1"
    import cv2

    cv2.setNumThreads(1)
    from accounts.extraction.engines import get_engine

    _engine = get_engine(engine)


@lru_cache(maxsize=48)
def read_photo(photo: Photo, side: str, kind: str) -> tuple[Reading, int, tuple[float, float, float]]:
    """Read one photograph; the unedited side of a paper is read once for all attempts with it."""
    begun = time.process_time()
    content = photo.jpeg()
    making = time.process_time() - begun
    wall, cpu = time.perf_counter(), time.process_time()
    reading = _engine.read({side: content}, kind=kind)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    bare = {name: replace(found, portrait=b"") for name, found in reading.sides.items()}
    return replace(reading, sides=bare), _look(content), (wall, cpu, making)


def read(task: Task) -> Outcome:
    """Read a paper side by side, and add up what that costs."""
    parts = {side: read_photo(photo, side, task.kind) for side, photo in task.sides}
    wall, cpu, making = (sum(costs) for costs in zip(*(costs for _, _, costs in parts.values()), strict=True))
    first, *_ = parts.values()
    sides = {side: reading.sides[side] for side, (reading, _, _) in parts.items()}
    looks = tuple((side, look) for side, (_, look, _) in parts.items())
    return Outcome(task, replace(first[0], sides=sides, seconds=wall), wall, cpu, making, looks)


def read_group(tasks: list[Task]) -> list[Outcome]:
    return [read(task) for task in tasks]


def _look(content: bytes) -> int:
    from accounts.extraction.looks import perceptual_hash

    return perceptual_hash(content)


def read_all(tasks: Iterable[Task], *, engine: str, jobs: int) -> Iterator[Outcome]:
    """Read every different paper once, those of one person in a row so that photographs are shared."""
    groups: dict[int, list[Task]] = {}
    for task in sorted(set(tasks), key=repr):
        groups.setdefault(task.sides[0][1].person.seed, []).append(task)
    if jobs == 1:
        start(engine)
        for group in groups.values():
            yield from read_group(group)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=start, initargs=(engine,)) as pool:
        for outcomes in pool.imap_unordered(read_group, groups.values()):
            yield from outcomes
