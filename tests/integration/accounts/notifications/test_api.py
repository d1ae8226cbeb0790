from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.notifications.models import NotificationPreference, PushDevice
from accounts.notifications.selectors import Quiet, choices_of, devices_of, quiet_of
from accounts.notifications.services import register_device
from accounts.users.models import User
from tests.factories.accounts import PASSWORD, make_renter

PREFERENCES = "/api/v1/me/notification-preferences"
DEVICES = "/api/v1/me/devices"


@pytest.fixture
def app(newcomer: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(newcomer)
    return client


def put(app: APIClient, **body: Any) -> Any:
    return app.put(PREFERENCES, body, format="json")


def choice(topic: str, channel: str, *, is_wanted: bool) -> dict[str, Any]:
    return {"topic": topic, "channel": channel, "is_wanted": is_wanted}


def test_the_app_reads_what_may_be_chosen(app: APIClient) -> None:
    answer = app.get(PREFERENCES).json()

    assert answer["quiet_hours"] == {"starts_at": "22:00", "ends_at": "07:00"}
    assert len(answer["choices"]) == 13
    assert {"topic": "money", "channel": "email", "is_wanted": True, "is_locked": True} in answer["choices"]
    assert not [each for each in answer["choices"] if each["topic"] == "staff"]
    assert not [each for each in answer["choices"] if (each["topic"], each["channel"]) == ("papers", "sms")]


def test_the_app_saves_choices_and_hours(app: APIClient, newcomer: User) -> None:
    answer = put(
        app,
        choices=[choice("reminders", "push", is_wanted=False)],
        quiet_hours={"starts_at": "23:30", "ends_at": "06:00"},
    )

    assert answer.status_code == 200
    assert {"topic": "reminders", "channel": "push", "is_wanted": False, "is_locked": False} in answer.json()[
        "choices"
    ]
    assert not choices_of(newcomer)["reminders", "push"]
    assert quiet_of(newcomer) == Quiet(1410, 360)


def test_what_was_read_can_be_put_back_unchanged(app: APIClient) -> None:
    before = app.get(PREFERENCES).json()

    assert put(app, **before).json() == before


def test_what_is_not_named_keeps_its_value(app: APIClient, newcomer: User) -> None:
    put(app, choices=[choice("papers", "push", is_wanted=False)], quiet_hours=None)

    put(app, choices=[choice("waitlist", "sms", is_wanted=False)])

    assert not quiet_of(newcomer).is_on
    assert not choices_of(newcomer)["papers", "push"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"choices": [choice("money", "email", is_wanted=False)]}, 422, "choice_not_offered"),
        ({"choices": [choice("papers", "sms", is_wanted=True)]}, 422, "choice_not_offered"),
        ({"choices": [choice("gossip", "email", is_wanted=True)]}, 422, "invalid_input"),
        ({"quiet_hours": {"starts_at": "25:00", "ends_at": "07:00"}}, 422, "invalid_input"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_saved(
    app: APIClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = put(app, **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not NotificationPreference.objects.exists()


def test_a_device_is_added_once_and_taken_off(app: APIClient, newcomer: User) -> None:
    for _time in range(2):
        answer = app.post(DEVICES, {"token": "abc", "platform": "android"}, format="json")
        assert answer.status_code == 201
        assert "token" not in answer.json()
    device = PushDevice.objects.get()
    assert (device.user, device.platform, device.revoked_at) == (newcomer, "android", None)

    assert app.delete(DEVICES, {"token": "abc"}, format="json").status_code == 204

    device.refresh_from_db()
    assert device.revoked_at is not None
    assert app.delete(DEVICES, {"token": "abc"}, format="json").status_code == 404


def test_a_device_that_has_signed_out_gets_no_pushes() -> None:
    user = make_renter(email="app@example.vn", password=PASSWORD)
    sign_in = {"email": "app@example.vn", "password": PASSWORD, "device": "Pixel 9"}
    bearer = APIClient().post("/api/v1/tokens", sign_in, format="json").json()["token"]
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer}")
    phone.post(DEVICES, {"token": "abc"}, format="json")
    assert [device.token for device in devices_of(user)] == ["abc"]

    phone.delete("/api/v1/tokens/current")

    assert not devices_of(user).exists()


def test_a_device_that_comes_back_is_active_again(app: APIClient) -> None:
    app.post(DEVICES, {"token": "abc"}, format="json")
    app.delete(DEVICES, {"token": "abc"}, format="json")
    app.post(DEVICES, {"token": "abc"}, format="json")

    assert PushDevice.objects.get().revoked_at is None


def test_a_device_that_somebody_else_signs_in_on_changes_hands(
    app: APIClient, newcomer: User, stranger: User
) -> None:
    register_device(user=stranger, token="shared")

    app.post(DEVICES, {"token": "shared", "platform": "ios"}, format="json")

    assert PushDevice.objects.get().user == newcomer


def test_a_strangers_device_does_not_exist(app: APIClient, stranger: User) -> None:
    register_device(user=stranger, token="theirs")

    assert app.delete(DEVICES, {"token": "theirs"}, format="json").status_code == 404
    assert PushDevice.objects.get().revoked_at is None


def test_the_oldest_of_too_many_devices_makes_room(newcomer: User) -> None:
    for number in range(12):
        register_device(user=newcomer, token=f"device-{number}")

    revoked = PushDevice.objects.filter(revoked_at__isnull=False).values_list("token", flat=True)
    assert set(revoked) == {"device-0", "device-1"}


@pytest.mark.parametrize("address", [PREFERENCES, DEVICES])
def test_nobody_in_particular_is_refused(address: str) -> None:
    client = APIClient()

    assert client.get(PREFERENCES).status_code == 401
    assert client.post(DEVICES, {"token": "abc"}, format="json").status_code == 401
    assert not PushDevice.objects.exists()
