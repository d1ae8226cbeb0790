import hashlib
import json

import pytest
from django.test import Client
from django.urls import reverse

from rentals.sync.models import SyncFile, SyncFileChunk
from rentals.sync.services import current_epoch
from rentals.sync.services.files import LARGEST_PIECE
from stations.tablets.services import revoke_tablet
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.sealed_files import is_sealed

SYNC = "/station/api/sync"
PHOTO = b"\xff\xd8\xff" + b"p" * 300_000


@pytest.fixture
def device(mobile):
    return mobile.client()


@pytest.fixture
def vehicle(station):
    return make_vehicle(station=station)


def post(device, body, **headers):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return device.post(SYNC, text, content_type="application/json", headers=headers)


def put(device, sha256, piece, *, offset, length):
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(length)}
    address = reverse("station:api-file", args=[sha256])
    return device.put(address, piece, content_type="application/octet-stream", headers=headers)


@pytest.fixture
def announced(mobile, vehicle, device):
    command = mobile.command("note", f"vehicle:{vehicle.code}", {"text": "xước"}, files={"photo:1": PHOTO})
    assert post(device, {"commands": [command]}).json()["results"][0]["state"] == "waiting"
    return command


def test_the_first_call_says_who_and_what_time_it_is(device, mobile, station):
    answer = device.get("/station/api/session")

    said = answer.json()
    assert (said["tablet"]["code"], said["tablet"]["station"]) == (mobile.tablet.code, station.code)
    assert (said["user"], said["epoch"]) == (None, current_epoch())
    assert said["csrf"]
    assert answer["Cache-Control"] == "no-store"


def test_commands_are_taken_without_anybody_signed_in(device, mobile, vehicle):
    answer = post(
        device,
        {"commands": [mobile.of_vehicle("note", vehicle, text="ổn")], "waiting": 3, "app_version": "v7"},
    )

    assert answer.status_code == 200
    assert [result["state"] for result in answer.json()["results"]] == ["applied"]
    mobile.tablet.refresh_from_db()
    assert (mobile.tablet.waiting_count, mobile.tablet.app_version) == (3, "v7")
    assert mobile.tablet.last_synced_at is not None


def test_a_station_that_works_by_the_app_alone_is_heard_of(device, station):
    device.get(reverse("station:api-session"))
    station.refresh_from_db()

    assert station.last_seen_at == clock.now()


def test_a_device_that_is_no_tablet_is_told_so(mobile, vehicle):
    answer = post(Client(), {"commands": [mobile.of_vehicle("note", vehicle, text="ai")]})

    assert (answer.status_code, answer.json()["code"]) == (401, "tablet_unknown")


def test_a_withdrawn_tablet_is_told_so_everywhere(device, mobile, announced):
    by = Actor(ActorKind.OPERATOR, "U-1", "Thu Hà")
    revoke_tablet(tablet=mobile.tablet, reason="mất máy", by=by)

    sha256 = announced["files"][0]["sha256"]
    answers = [
        device.get("/station/api/session"),
        post(device, {"commands": []}),
        put(device, sha256, b"x", offset=0, length=1),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (410, "tablet_revoked")
    ] * 3
    assert SYSTEM.kind == ActorKind.SYSTEM


def test_without_a_token_nothing_is_taken(mobile, vehicle):
    careful = mobile.client(enforce_csrf_checks=True)
    command = mobile.of_vehicle("note", vehicle, text="ổn")

    refused = post(careful, {"commands": [command]})
    assert (refused.status_code, refused.json()) == (403, {"code": "csrf"})

    token = careful.get("/station/api/session").json()["csrf"]
    assert post(careful, {"commands": [command]}, **{"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("not json", 400),
        ("[]", 400),
        ('{"commands": "all"}', 400),
        ('{"commands": [1e999]}', 200),
        ('{"commands": [NaN]}', 400),
        ("[" * 100_000, 400),
        (json.dumps({"commands": [{}] * 21}), 413),
        (b"x" * (6 * 1024 * 1024 + 1), 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_bodies_are_answered_in_json(device, body, status):
    answer = post(device, body)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"


def test_a_file_arrives_in_pieces_and_is_sealed(device, announced):
    sha256 = announced["files"][0]["sha256"]
    first, second = PHOTO[:LARGEST_PIECE], PHOTO[LARGEST_PIECE:]

    answer = put(device, sha256, first, offset=0, length=len(PHOTO))
    assert answer.json() == {"sha256": sha256, "received": LARGEST_PIECE, "stored": False}
    head = device.head(reverse("station:api-file", args=[sha256]))
    assert head["Upload-Offset"] == str(LARGEST_PIECE)
    answer = put(device, sha256, second, offset=LARGEST_PIECE, length=len(PHOTO))
    assert answer.json() == {"sha256": sha256, "received": len(PHOTO), "stored": True}

    file = SyncFile.objects.get()
    assert not SyncFileChunk.objects.exists()
    from django.core.files.storage import default_storage

    with default_storage.open(str(file.file)) as stored:
        assert is_sealed(stored.read())
    (result,) = post(device, {"commands": [announced]}).json()["results"]
    assert (result["state"], result["replayed"]) == ("applied", True)


def test_a_piece_that_does_not_follow_is_told_where_to_go_on(device, announced):
    sha256 = announced["files"][0]["sha256"]
    put(device, sha256, PHOTO[:1000], offset=0, length=len(PHOTO))

    for offset in (0, 500, 2000):
        answer = put(device, sha256, PHOTO[offset : offset + 10], offset=offset, length=len(PHOTO))
        assert (answer.status_code, answer.json()["received"]) == (409, 1000)


def test_a_file_that_is_not_what_it_says_starts_again(device, announced):
    sha256 = announced["files"][0]["sha256"]
    wrong = b"\xff\xd8\xff" + b"q" * 300_000
    put(device, sha256, wrong[:LARGEST_PIECE], offset=0, length=len(PHOTO))

    answer = put(device, sha256, wrong[LARGEST_PIECE:], offset=LARGEST_PIECE, length=len(PHOTO))

    assert (answer.status_code, answer.json()["code"]) == (422, "file_differs")
    assert SyncFile.objects.get().received == 0
    assert put(device, sha256, PHOTO[:10], offset=0, length=len(PHOTO)).json()["received"] == 10


def test_only_images_are_kept(device, mobile, vehicle):
    page = b"<html>" + b"x" * 100
    command = mobile.command("note", f"vehicle:{vehicle.code}", {"text": "?"}, files={"photo:1": page})
    post(device, {"commands": [command]})

    answer = put(device, hashlib.sha256(page).hexdigest(), page, offset=0, length=len(page))

    assert (answer.status_code, answer.json()["code"]) == (422, "file_not_an_image")
    assert SyncFile.objects.get().stored_at is None


def test_a_file_that_nobody_announced_is_unknown(device):
    answer = put(device, "a" * 64, b"x", offset=0, length=1)

    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_announced")
    assert not SyncFile.objects.exists()


def test_a_piece_too_large_is_refused(device, announced):
    sha256 = announced["files"][0]["sha256"]
    answer = put(device, sha256, PHOTO[: LARGEST_PIECE + 1], offset=0, length=len(PHOTO))

    assert (answer.status_code, answer.json()["code"]) == (413, "piece_too_large")
