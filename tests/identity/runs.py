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


@lru_cache(maxsize=24)
def jpeg(photo: Photo) -> bytes:
    return photo.jpeg()


_engine = None


def start(engine: str) -> None:
    """Prepare a worker: one thread, one reader."""
    global _engine
    os.environ["OMP_THREAD_LIMIT"] = "1"
    import cv2

    cv2.setNumThreads(1)
    from accounts.extraction.engines import get_engine

    _engine = get_engine(engine)


def read(task: Task) -> Outcome:
    begun = time.process_time()
    images = {side: jpeg(photo) for side, photo in task.sides}
    making = time.process_time() - begun
    wall, cpu = time.perf_counter(), time.process_time()
    reading = _engine.read(images, kind=task.kind)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    bare = {name: replace(side, portrait=b"") for name, side in reading.sides.items()}
    return Outcome(task, replace(reading, sides=bare), wall, cpu, making, _looks(images))


def _looks(images: dict[str, bytes]) -> tuple[tuple[str, int], ...]:
    from accounts.extraction.looks import perceptual_hash

    return tuple((side, perceptual_hash(content)) for side, content in images.items())


def read_all(tasks: Iterable[Task], *, engine: str, jobs: int) -> Iterator[Outcome]:
    """Read every different paper once, those of one person in a row so that photographs are shared."""
    different = sorted(set(tasks), key=lambda task: (task.sides[0][1].person.seed, repr(task)))
    if jobs == 1:
        start(engine)
        yield from map(read, different)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=start, initargs=(engine,)) as pool:
        yield from pool.imap_unordered(read, different, chunksize=4)
