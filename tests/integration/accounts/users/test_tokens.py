from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.access.actors import operator_actor, renter_actor
from accounts.users.errors import (
    SecondFactorRequired,
    SecondFactorWrong,
    SignInFailed,
    TooManySignIns,
)
from accounts.users.models import ApiToken, User
from accounts.users.services import remove_second_factor
from accounts.users.tokens import (
    LIFETIME,
    digest_of,
    find_token,
    issue_token,
    revoke_token,
    revoke_tokens_of,
)
from tests.factories.accounts import PASSWORD, make_user
from voltgo.core import clock
from voltgo.core.models import AuditEvent

EMAIL = "phone@example.vn"


@pytest.fixture
def owner() -> User:
    return make_user(email=EMAIL, password=PASSWORD)


def asked(address: str = "203.0.113.7") -> HttpRequest:
    return RequestFactory().post("/api/v1/tokens", REMOTE_ADDR=address)


def sign_in(
    password: str = PASSWORD, *, email: str = EMAIL, code: str = "", address: str = "203.0.113.7"
) -> str:
    secret, _token = issue_token(
        request=asked(address), email=email, password=password, device="Pixel 9", code=code
    )
    return secret


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(counters())))


def test_a_token_is_shown_once_and_kept_as_a_hash(owner: User) -> None:
    secret = sign_in(email=" Phone@Example.vn ")

    token = ApiToken.objects.get()
    assert len(secret) == 43
    assert token.digest == digest_of(secret)
    assert (token.user, token.device) == (owner, "Pixel 9")
    assert abs(token.expires_at - clock.now() - LIFETIME) < timedelta(seconds=5)
    assert AuditEvent.objects.get().action == "token.issued"


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"email": "nobody@example.vn"}, {"password": ""}])
def test_a_wrong_sign_in_leaves_no_token(owner: User, wrong: dict[str, str]) -> None:
    with pytest.raises(SignInFailed):
        sign_in(**wrong)
    assert not ApiToken.objects.exists()


def test_a_deactivated_person_is_told_nothing_else_than_a_wrong_password(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    with pytest.raises(SignInFailed):
        sign_in()


def test_guessing_is_stopped_by_account_whatever_the_address(owner: User) -> None:
    for number in range(5):
        with pytest.raises(SignInFailed):
            sign_in("wrong", address=f"203.0.113.{number}")

    with pytest.raises(TooManySignIns):
        sign_in(address="203.0.113.99")
    assert not ApiToken.objects.exists()


def test_guessing_is_stopped_by_address_whatever_the_account(owner: User) -> None:
    for number in range(10):
        with pytest.raises(SignInFailed):
            sign_in("wrong", email=f"nobody{number}@example.vn")

    with pytest.raises(TooManySignIns):
        sign_in()


class TestSecondFactor:
    @pytest.fixture
    def secret(self, owner: User) -> str:
        secret = generate_totp_secret()
        TOTP.activate(owner, secret)
        return secret

    def test_the_password_alone_is_not_enough(self, secret: str) -> None:
        with pytest.raises(SecondFactorRequired):
            sign_in()
        assert not ApiToken.objects.exists()

    def test_with_the_code_of_the_moment_it_is(self, secret: str) -> None:
        assert sign_in(code=f" {code_now(secret)[:3]} {code_now(secret)[3:]}")

    def test_a_code_works_once(self, secret: str) -> None:
        code = code_now(secret)
        sign_in(code=code)

        with pytest.raises(SecondFactorWrong):
            sign_in(code=code)
        assert ApiToken.objects.count() == 1

    def test_codes_cannot_be_guessed(self, secret: str) -> None:
        for _ in range(5):
            with pytest.raises(SecondFactorWrong):
                sign_in(code="000000" if code_now(secret) != "000000" else "000001")

        with pytest.raises(TooManySignIns):
            sign_in(code=code_now(secret))

    def test_a_recovery_code_helps_once(self, owner: User, secret: str) -> None:
        code = RecoveryCodes.activate(owner).get_unused_codes()[0]

        assert sign_in(code=code)
        with pytest.raises(SecondFactorWrong):
            sign_in(code=code)

    def test_an_operator_takes_a_lost_one_away_with_a_reason(
        self, owner: User, operator: User, secret: str
    ) -> None:
        remove_second_factor(user=owner, reason="Gặp tại trạm, đã xem căn cước", by=operator_actor(operator))

        assert sign_in()
        assert AuditEvent.objects.filter(action="user.second_factor_removed").count() == 1


class TestUse:
    @pytest.fixture
    def secret(self, owner: User) -> str:
        return sign_in()

    @staticmethod
    def ask(secret: str) -> int:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client.get("/api/v1/me").status_code

    def test_it_opens_the_api(self, secret: str) -> None:
        assert self.ask(secret) == 200

    @pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer nonsense", "Bearer \xff"])
    def test_anything_else_does_not(self, secret: str, header: str) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=header)
        answer = client.get("/api/v1/me")

        assert answer.status_code == 401
        assert answer.json()["code"] == "not_signed_in"

    def test_use_is_noted_at_most_every_ten_minutes(
        self, secret: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        start = clock.now()
        for minutes, noted in ((0, 0), (9, 0), (11, 11)):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                find_token(secret)
                assert ApiToken.objects.get().last_used_at == start + timedelta(minutes=noted)
        with time_machine.travel(start + timedelta(minutes=12), tick=False), django_assert_num_queries(1):
            find_token(secret)

    def test_a_device_that_is_used_stays_signed_in(self, secret: str) -> None:
        start = clock.now()
        for days in (20, 40, 60):
            with time_machine.travel(start + timedelta(days=days), tick=False):
                assert find_token(secret) is not None

    def test_after_thirty_idle_days_it_is_out(self, secret: str) -> None:
        with time_machine.travel(clock.now() + timedelta(days=30, seconds=1), tick=False):
            assert find_token(secret) is None

    def test_a_revoked_token_opens_nothing(self, owner: User, secret: str) -> None:
        token = ApiToken.objects.get()
        revoke_token(token=token, by=renter_actor(owner))
        revoke_token(token=token, by=renter_actor(owner))

        assert self.ask(secret) == 401
        assert AuditEvent.objects.filter(action="token.revoked").count() == 1

    def test_all_devices_can_be_signed_out_at_once(self, owner: User, secret: str) -> None:
        other = sign_in()

        assert revoke_tokens_of(user=owner, by=renter_actor(owner), reason="mất điện thoại") == 2
        assert (self.ask(secret), self.ask(other)) == (401, 401)

    def test_a_deactivated_person_is_out_at_once(self, owner: User, secret: str) -> None:
        User.objects.filter(pk=owner.pk).update(is_active=False)

        assert self.ask(secret) == 401

    def test_a_new_password_signs_every_phone_out(self, client: Client, owner: User, secret: str) -> None:
        client.force_login(owner)
        new = "another-honest-password"

        client.post(
            "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
        )

        owner.refresh_from_db()
        assert owner.check_password(new)
        assert self.ask(secret) == 401
