"""What the outbox promises: everything arrives, once, whatever the network does."""

import pytest

# These need no database; this keeps the folder's own kind, which empties every table after each test, away.
pytestmark = pytest.mark.django_db


def test_a_pickup_arrives_whole_with_its_files(bench):
    made = bench.pickup("VG-7K2M4Q", photos=2)

    state = bench.send()

    assert (state["online"], state["waiting"], state["attention"], state["reason"]) == (True, 0, 0, "")
    assert bench.states() == ["applied"]
    command = bench.centre.commands[made]
    assert [file["role"] for file in command["files"]] == ["photo:0", "photo:1", "signature:renter"]
    assert all(bench.centre.is_whole(file["sha256"]) for file in command["files"])
