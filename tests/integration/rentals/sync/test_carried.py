import base64
import json
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command

from accounts.access.actors import operator_actor
from rentals.sync.enums import CommandState
from rentals.sync.errors import NotOurFile
from rentals.sync.models import SyncCommand, SyncFile
from rentals.sync.services.carried import take_in_export
from stations.tablets import services as tablets
from stations.tablets.services import data_key_of
from tests.factories.handovers import paid_booking
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle
from tests.factories.tablets import make_mobile
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent

PLAIN = ("id", "seq", "schema", "kind", "subject", "device_at", "offset_ms")


def boxed(content: bytes, key: bytes) -> dict[str, dict[str, str]]:
    iv = os.urandom(12)
    encoded = {"iv": iv, "data": AESGCM(key).encrypt(iv, content, None)}
    return {name: {"base64": base64.b64encode(value).decode()} for name, value in encoded.items()}


def saved(mobile, *commands) -> str:
    """Return the file that a tablet's queue saves; see static/js/tablet/export.js."""
    key = data_key_of(mobile.tablet)
    rows = [
        {name: command[name] for name in PLAIN}
        | {
            "box": boxed(
                json.dumps({name: command[name] for name in ("ticket", "actor", "payload")}).encode(), key
            ),
            "files": [file | {"stored": False} for file in command["files"]],
            "state": "queued",
            "tries": 7,
        }
        for command in commands
    ]
    names = {file["sha256"]: None for command in commands for file in command["files"]}
    files = [{"sha256": name, "box": boxed(mobile.files[name], key)} for name in names]
    head = {"format": "voltgo-tablet-export/1", "tablet": mobile.tablet.code, "index": []}
    return json.dumps(head | {"commands": rows, "files": files})


def contents(command) -> int:
    """Count the different files of a command: both signatures are drawn alike here."""
    return len({file["sha256"] for file in command["files"]})


@pytest.fixture
def mobile(attendant):
    station = make_station()
    make_post(user=attendant, station=station)
    return make_mobile(station=station, user=attendant)


@pytest.fixture
def pickup(mobile, renter):
    model = make_scooter_model()
    make_tariff(model=model)
    vehicle = make_vehicle(station=mobile.station, model=model)
    booking = paid_booking(renter=renter, vehicle=vehicle)
    return mobile.pickup(booking)


def test_a_saved_file_is_received_as_if_the_tablet_had_sent_it(mobile, pickup):
    text = saved(mobile, pickup)

    first = take_in_export(text=text, by=SYSTEM)
    again = take_in_export(text=text, by=SYSTEM)
    (sent,) = mobile.send(pickup)

    row = SyncCommand.objects.get()
    assert (str(row.pk), row.kind, row.seq, row.tablet) == (pickup["id"], "pickup", 1, mobile.tablet)
    assert row.body == pickup
    assert (first.files, first.lost) == (contents(pickup), [])
    assert SyncFile.objects.exclude(stored_at=None).count() == contents(pickup)
    assert [result.replayed for result in (*first.results, *again.results, sent)] == [False, True, True]
    assert row.state != CommandState.REJECTED
    assert AuditEvent.objects.filter(action="sync.file_taken_in").count() == 2


def test_what_a_withdrawn_tablet_has_saved_is_received_too(mobile, pickup, operator):
    text = saved(mobile, pickup)
    tablets.revoke_tablet(tablet=mobile.tablet, reason="mất máy", by=operator_actor(operator))

    carried = take_in_export(text=text, by=operator_actor(operator))

    assert [result.id for result in carried.results] == [pickup["id"]]


def test_a_damaged_picture_costs_nothing_else(mobile, pickup):
    found = json.loads(saved(mobile, pickup))
    found["files"][0]["box"]["data"]["base64"] = base64.b64encode(b"x" * 40).decode()

    carried = take_in_export(text=json.dumps(found), by=SYSTEM)

    assert carried.lost == [pickup["files"][0]["sha256"]]
    assert carried.files == contents(pickup) - 1
    assert SyncCommand.objects.get().state == CommandState.WAITING


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: "no json",
        lambda found: json.dumps([1]),
        lambda found: json.dumps(found | {"format": "something-else"}),
        lambda found: json.dumps(found | {"tablet": "T-NONE22"}),
        lambda found: json.dumps(found | {"commands": [{"box": {}}]}),
        lambda found: json.dumps(found | {"commands": [None]}),
    ],
)
def test_anything_else_is_refused_and_nothing_is_written(mobile, pickup, spoil):
    text = spoil(json.loads(saved(mobile, pickup)))

    with pytest.raises(NotOurFile):
        take_in_export(text=text, by=SYSTEM)

    assert not SyncCommand.objects.exists()
    assert not AuditEvent.objects.filter(action="sync.file_taken_in").exists()


def test_the_command_says_what_became_of_each(mobile, pickup, tmp_path, capsys):
    path = tmp_path / "saved.json"
    path.write_text(saved(mobile, pickup), encoding="utf-8")

    call_command("take_in_tablet_file", path)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(pickup["id"])
    assert lines[-1] == f"1 commands, {contents(pickup)} files, 0 files lost"
