"""What every test stands on: a database by folder, an empty cache, Vietnamese, no leftovers."""

import gc
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import translation

from tests import emptying

emptying.install()

# Folder below tests/ -> the database its tests get; tests/unit gets none and may not touch one.
DATABASE_BY_FOLDER = {
    "integration": pytest.mark.django_db,
    "concurrency": pytest.mark.django_db(transaction=True),
    "browser": pytest.mark.django_db(transaction=True),
}
FOLDERS_WITH_CACHE = {*DATABASE_BY_FOLDER, "verification"}


def _folder_of(item: pytest.Item) -> str:
    below = item.path.relative_to(item.config.rootpath).parts
    return below[1] if len(below) > 2 and below[0] == "tests" else ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the database of its folder, unless it asks for another kind itself."""
    for item in items:
        mark = DATABASE_BY_FOLDER.get(_folder_of(item))
        if mark is not None and item.get_closest_marker("django_db") is None:
            item.add_marker(mark)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported: looking at it again and again takes 4 % of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> None:
    """Forget throttles, sign-in attempts and cached pages of the test before.

    Only our own keys: parallel workers share the server, and the broker's queue lies in it too.
    """
    if _folder_of(request.node) in FOLDERS_WITH_CACHE:
        cache.delete_pattern("*")  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _vietnamese() -> Iterator[None]:
    """Start each test in the site's first language; a request of the test before may have left another."""
    with translation.override("vi"):
        yield
