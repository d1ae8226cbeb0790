"""A worker that only reads, as the one in production does: what it keeps in memory is the reader's, not the generator's."""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

Images = tuple[str, Mapping[str, bytes]]


def memory() -> tuple[int, int]:
    """Resident and proportional set size of this process, in bytes; zero where the system does not say."""
    rollup = Path("/proc/self/smaps_rollup")
    if not rollup.exists():
        return 0, 0
    sizes = {}
    for line in rollup.read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return sizes["Rss"], sizes["Pss"]


def prepare_django() -> None:
    """Load settings for the lazily translated texts; no database is opened."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    os.environ.setdefault("VOLTGO_ENV", "test")
    import django

    django.setup()


def weigh(engine: str, papers: Sequence[Images]) -> dict[str, tuple[int, int]]:
    """Read papers one after another in a fresh process; return its memory before, and at most."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_weigh, (engine, list(papers)))


def _weigh(engine: str, papers: Sequence[Images]) -> dict[str, tuple[int, int]]:
    os.environ["OMP_THREAD_LIMIT"] = "1"
    prepare_django()
    from accounts.extraction.engines import get_engine

    before = memory()
    reader = get_engine(engine)
    seen = []
    for kind, images in papers:
        reader.read(images, kind=kind)
        seen.append(memory())
    return {"before": before, "most": (max(rss for rss, _ in seen), max(pss for _, pss in seen))}
