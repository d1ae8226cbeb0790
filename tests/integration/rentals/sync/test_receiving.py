from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from rentals.sync.enums import CommandState
from rentals.sync.models import SyncAttachment, SyncCommand, SyncFile
from stations.fleet.enums import Condition
from stations.fleet.models import PreparationRecord
from stations.network.models import StaffPost
from tests.factories.stations import make_station, make_vehicle
from tests.factories.tablets import as_sent, list_for, make_mobile
from voltgo.core import clock

HOUR = timedelta(hours=1)


@pytest.fixture
def unready(station):
    return make_vehicle(station=station, condition=Condition.PREPARATION, battery_percent=80)


@pytest.fixture
def ready_command(mobile, unready):
    return mobile.of_vehicle(
        "vehicle_ready",
        unready,
        battery_percent=85,
        checklist={"template": "", "checked": [item.code for item in list_for("preparation", unready).items]},
        note="",
    )


def states_of(results):
    return [(result.state, result.code) for result in results]


def test_a_command_is_applied_once_and_a_repeat_gets_the_same_answer(mobile, unready, ready_command):
    (first,) = mobile.send(ready_command)
    (second,) = mobile.send(as_sent(ready_command))

    assert (first.state, first.replayed) == (CommandState.APPLIED, False)
    assert (second.state, second.replayed) == (CommandState.APPLIED, True)
    unready.refresh_from_db()
    assert (unready.condition, unready.battery_percent) == (Condition.READY, 85)
    assert PreparationRecord.objects.count() == 1
    assert SyncCommand.objects.count() == 1


def test_the_same_id_with_another_body_is_refused_and_kept(mobile, ready_command):
    mobile.send(ready_command)
    changed = as_sent(ready_command)
    changed["payload"]["battery_percent"] = 12

    answers = [mobile.send(changed)[0], mobile.send(changed)[0]]

    assert states_of(answers) == [("rejected", "id_reused")] * 2
    assert {answer.id for answer in answers} == {ready_command["id"]}
    kept = SyncCommand.objects.get(code="id_reused")
    assert kept.body["payload"]["battery_percent"] == 12
    assert SyncCommand.objects.get(pk=ready_command["id"]).state == CommandState.APPLIED


def test_a_number_that_another_command_has_is_refused_and_kept(mobile, unready, ready_command):
    mobile.send(ready_command)
    other = mobile.of_vehicle("note", unready, text="Lốp mòn") | {"seq": ready_command["seq"]}

    assert states_of(mobile.send(other)) == [("rejected", "seq_reused")]
    assert SyncCommand.objects.get(pk=other["id"]).seq is None


def test_a_command_that_waits_for_its_pictures_says_which(mobile, unready):
    command = mobile.of_vehicle("note", unready, text="Xước cửa")
    command = mobile.command(
        "note", command["subject"], command["payload"], files={"photo:1": b"\xff\xd8\xff" + b"x" * 300_000}
    )

    (result,) = mobile.send(command)
    assert (result.state, result.code) == (CommandState.WAITING, "waiting_files")
    assert result.missing == [{"sha256": command["files"][0]["sha256"], "offset": 0}]

    mobile.upload(command)
    (result,) = mobile.send(command)
    assert (result.state, result.missing) == (CommandState.APPLIED, [])
    assert SyncFile.objects.get().stored_at is not None
    assert SyncAttachment.objects.get().role == "photo:1"


def test_commands_on_one_subject_keep_their_order(mobile, unready):
    first = mobile.command(
        "note", f"vehicle:{unready.code}", {"text": "một"}, files={"photo:1": b"\xff\xd8\xff1"}
    )
    second = mobile.of_vehicle("note", unready, text="hai")
    elsewhere = mobile.of_vehicle("note", make_vehicle(station=mobile.station), text="ba")

    results = mobile.send(second, first, elsewhere)
    assert states_of(results) == [
        ("waiting", "waiting_predecessor"),
        ("waiting", "waiting_files"),
        ("applied", ""),
    ]


def test_what_came_before_on_a_subject_goes_first(mobile, unready):
    first = mobile.command(
        "note", f"vehicle:{unready.code}", {"text": "một"}, files={"photo:1": b"\xff\xd8\xff1"}
    )
    second = mobile.of_vehicle("note", unready, text="hai")

    assert states_of(mobile.send(first, second)) == [
        ("waiting", "waiting_files"),
        ("waiting", "waiting_predecessor"),
    ]
    mobile.upload(first)
    assert states_of(mobile.send(first, second)) == [("applied", ""), ("applied", "")]


@pytest.mark.parametrize(
    "damage",
    [
        {"kind": "explode"},
        {"subject": "booking:VG-AAAAAA"},
        {"subject": "vehicle:" + "x" * 80},
        {"device_at": "yesterday"},
        {"device_at": None},
        {"offset_ms": "soon"},
        {"offset_ms": 10**18},
        {"schema": 99},
        {"payload": "text"},
        {"files": "all"},
        {"files": [{"role": "photo:1", "sha256": "zz", "size": 3, "mime": "image/jpeg"}]},
        {"files": [{"role": "photo:1", "sha256": "a" * 64, "size": 9 * 1024 * 1024, "mime": "image/jpeg"}]},
        {"files": [{"role": "../etc", "sha256": "a" * 64, "size": 9, "mime": "image/jpeg"}]},
        {"files": [{"role": f"photo:{n}", "sha256": "a" * 64, "size": 9, "mime": ""} for n in range(41)]},
        {"payload": {"text": "zero \0 byte"}},
        {"payload": {"text": "half \ud800 pair"}},
        {"payload": {"text": float("inf")}},
        {"payload": {"text": 7}},
        {"payload": {}},
        {"payload": {"text": "x" * 2_000_000}},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_kept_and_does_nothing(mobile, unready, damage):
    command = mobile.of_vehicle("note", unready, text="bình thường") | damage

    (result,) = mobile.send(command)

    assert result.state == CommandState.REJECTED
    assert result.code in {"malformed", "unknown_subject"}
    assert SyncCommand.objects.get(pk=command["id"]).state == CommandState.REJECTED


def test_what_is_nested_without_end_is_kept_as_text(mobile, unready):
    deep: list[Any] = []
    for _level in range(500):
        deep = [deep]
    command = mobile.of_vehicle("note", unready, text=deep)

    assert states_of(mobile.send(command)) == [("rejected", "malformed")]
    assert "unreadable" in SyncCommand.objects.get().body


@pytest.mark.parametrize("nothing", [None, 7, "text", [], {}, {"id": "x"}, {"id": 5}, {"id": None}])
def test_what_has_not_even_an_id_is_answered(mobile, nothing):
    (result,) = mobile.send(nothing)

    assert (result.state, result.code) == (CommandState.REJECTED, "malformed")
    assert not SyncCommand.objects.exists()


def test_another_stations_vehicle_is_answered_like_one_that_does_not_exist(mobile):
    foreign = make_vehicle(station=make_station())
    # No ticket: this station was never offered it.
    mine = mobile.of_vehicle("note", foreign, text="lạ") | {"ticket": ""}
    invented = mobile.command("note", "vehicle:V-ZZZZZZ", {"text": "lạ"})

    results = mobile.send(mine, invented)

    assert states_of(results) == [("rejected", "unknown_subject")] * 2
    assert [result.result for result in results] == [{}, {}]


def test_a_ticket_that_nobody_here_has_signed_is_rejected(mobile, ready_command, unready):
    ready_command["ticket"] = ready_command["ticket"][:-2] + "xx"

    assert states_of(mobile.send(ready_command)) == [("rejected", "ticket_forged")]
    unready.refresh_from_db()
    assert unready.condition == Condition.PREPARATION


def test_a_stranger_can_do_nothing_in_a_commands_name(mobile, unready, stranger):
    command = mobile.of_vehicle("note", unready, text="ai đây") | {"actor": stranger.public_id}

    assert states_of(mobile.send(command)) == [("rejected", "unknown_actor")]


def test_who_has_left_the_station_makes_it_a_persons_matter(mobile, ready_command, attendant):
    StaffPost.objects.filter(user=attendant).update(ended_at=clock.now())

    assert states_of(mobile.send(ready_command)) == [("conflict", "staff_disabled")]


def test_another_tablet_may_deliver_the_same_command(station, attendant, mobile, ready_command):
    mobile.send(ready_command)

    (result,) = make_mobile(station=station, user=attendant).send(ready_command)

    assert (result.state, result.replayed) == (CommandState.APPLIED, True)
    assert SyncCommand.objects.count() == 1


def test_what_was_said_never_changes(mobile, ready_command):
    mobile.send(ready_command)
    row = SyncCommand.objects.get()

    for change in ({"occurred_at": clock.now() - HOUR}, {"seq": 9}, {"body_sha256": "0" * 64}):
        with pytest.raises(DatabaseError), transaction.atomic():
            SyncCommand.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        SyncCommand.objects.filter(pk=row.pk).update(body={"payload": {}})
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_the_clock_of_a_tablet_is_corrected_by_what_was_measured(station, attendant, unready):
    late = make_mobile(station=station, user=attendant, offset_ms=3 * 3_600_000)
    command = late.of_vehicle("note", unready, text="đồng hồ chậm ba giờ")

    (result,) = late.send(command)

    row = SyncCommand.objects.get()
    assert abs((row.occurred_at - clock.now()).total_seconds()) < 1
    assert result.flags == ["clock_suspect"]


def test_a_clock_that_nobody_measured_is_never_ahead_of_receipt(station, attendant, unready, traveller):
    unknown = make_mobile(station=station, user=attendant, offset_ms=None)
    ahead = unknown.of_vehicle("note", unready, text="mai") | {"device_at": "2026-11-25T08:00:00.000Z"}

    unknown.send(ahead)

    row = SyncCommand.objects.get()
    assert row.occurred_at == clock.now()
    assert row.flags == ["clock_suspect"]
