"""A worker that only reads, as the one in production does: what it keeps in memory is the reader's alone.

    python -m tests.identity.lean ENGINE < pickled papers

The generator must not be imported here.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

Weight = tuple[int, int]


def memory() -> Weight:
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
    """Load every app, as a worker does; no database is opened."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    os.environ.setdefault("VOLTGO_ENV", "test")
    import django

    django.setup()


def weigh(engine: str, papers: Sequence[tuple[str, Mapping[str, bytes]]]) -> dict[str, Weight]:
    """Read papers one after another in a fresh process; return its memory before, and at most."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.identity.lean", engine],
        input=pickle.dumps(list(papers)),
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        check=True,
    )
    return {name: tuple(weight) for name, weight in json.loads(done.stdout).items()}


def main() -> None:
    papers = pickle.loads(sys.stdin.buffer.read())
    prepare_django()
    from accounts.extraction.engines import get_engine

    weights = {"with every app loaded": memory()}
    reader = get_engine(sys.argv[1])
    seen = []
    while papers:
        kind, images = papers.pop()
        reader.read(images, kind=kind)
        seen.append(memory())
    weights["at most, while it reads"] = (
        max((rss for rss, _ in seen), default=0),
        max((pss for _, pss in seen), default=0),
    )
    sys.stdout.write(json.dumps(weights))


if __name__ == "__main__":
    main()
