import pytest
from rest_framework.test import APIClient

from accounts.users.models import ApiToken
from tests.factories.accounts import PASSWORD, make_renter


@pytest.fixture
def person():
    return make_renter(email="app@example.vn", password=PASSWORD)


def sign_in(**changes):
    body = {"email": "app@example.vn", "password": PASSWORD, "device": "Pixel 9"}
    return APIClient().post("/api/v1/tokens", {**body, **changes}, format="json")


def with_token(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_a_device_signs_in_sees_itself_and_signs_out(person):
    token = sign_in().json()["token"]

    me = with_token(token).get("/api/v1/me").json()
    assert (me["email"], [p["state"] for p in me["papers"]]) == ("app@example.vn", ["approved"] * 3)
    assert with_token(token).delete("/api/v1/tokens/current").status_code == 204
    assert with_token(token).get("/api/v1/me").status_code == 401


def test_the_token_is_not_kept_readable(person):
    token = sign_in().json()["token"]
    assert token not in ApiToken.objects.get().digest


@pytest.mark.parametrize("changes", [{"password": "wrong-password"}, {"email": "nobody@example.vn"}])
def test_a_wrong_sign_in_does_not_say_what_was_wrong(person, changes):
    answer = sign_in(**changes)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed")
    assert ApiToken.objects.count() == 0


def test_a_deactivated_person_gets_no_token(person):
    person.is_active = False
    person.save()
    assert sign_in().status_code == 401


def test_an_unknown_token_is_refused():
    assert with_token("made-up").get("/api/v1/me").status_code == 401
