import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.access.actors import operator_actor, renter_actor
from accounts.users.errors import NameLocked, ReasonMissing
from accounts.users.models import User
from accounts.users.services import block_user, unblock_user, update_profile
from tests.factories.accounts import PASSWORD, make_user
from voltgo.core import outbox
from voltgo.core.models import AuditEvent, OutboxMessage

PROFILE = "/account/"


def fields(**changes: Any) -> dict[str, Any]:
    return {"full_name": "Võ Hoài An", "phone": "0900 000 005", "language": "vi"} | changes


def test_the_profile_is_changed_and_the_change_is_on_record(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)

    answer = client.post(PROFILE, fields(full_name="  Võ  Thị Hoài An ", phone="+84 901.234-567"))

    assert answer.status_code == 302
    newcomer.refresh_from_db()
    assert (newcomer.full_name, newcomer.phone) == ("Võ Thị Hoài An", "+84901234567")
    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == ("user.profile_changed", f"user:{newcomer.public_id}")
    assert event.changes == {"fields": ["full_name", "phone"]}


def test_a_new_language_shows_at_once_and_stays(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)

    answer = client.post(PROFILE, fields(language="en"))

    assert answer.cookies["django_language"].value == "en"
    newcomer.refresh_from_db()
    assert newcomer.language == "en"
    assert '<html lang="en"' in client.get(PROFILE).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"full_name": " "}, "full_name"),
        ({"full_name": "12"}, "full_name"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "gọi tôi"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"language": "fr"}, "language"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    client: Client, newcomer: User, changes: dict[str, Any], words: str
) -> None:
    client.force_login(newcomer)

    answer = client.post(PROFILE, fields(**changes))

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {words}
    newcomer.refresh_from_db()
    assert (newcomer.full_name, newcomer.phone) == ("Võ Hoài An", "0900000005")
    assert not AuditEvent.objects.exists()


def test_a_verified_name_stays(client: Client, renter: User) -> None:
    client.force_login(renter)

    client.post(PROFILE, fields(full_name="Somebody Else", phone="0900000002"))

    renter.refresh_from_db()
    assert (renter.full_name, renter.phone) == ("Nguyễn Minh Anh", "0900000002")
    with pytest.raises(NameLocked):
        update_profile(
            user=renter, full_name="Somebody Else", phone="", language="vi", by=renter_actor(renter)
        )


def test_saving_nothing_new_is_not_on_record(newcomer: User) -> None:
    update_profile(
        user=newcomer,
        full_name=newcomer.full_name,
        phone=newcomer.phone,
        language="vi",
        by=renter_actor(newcomer),
    )

    assert not AuditEvent.objects.exists()


def test_a_block_has_a_reason_and_an_end(newcomer: User, operator: User) -> None:
    by = operator_actor(operator)
    for service in (block_user, unblock_user):
        with pytest.raises(ReasonMissing):
            service(user=newcomer, reason=" ", by=by)

    block_user(user=newcomer, reason="Không trả xe", by=by)
    block_user(user=newcomer, reason="lần hai", by=by)
    blocked = User.objects.get(pk=newcomer.pk)
    assert blocked.is_blocked
    assert blocked.blocked_reason == "Không trả xe"

    unblock_user(user=newcomer, reason="Đã trả", by=by)
    free = User.objects.get(pk=newcomer.pk)
    assert (free.blocked_at, free.blocked_reason) == (None, "")
    assert list(AuditEvent.objects.order_by("pk").values_list("action", "reason")) == [
        ("user.blocked", "Không trả xe"),
        ("user.unblocked", "Đã trả"),
    ]


class TestSignUp:
    form = {
        "full_name": "Ngô Khánh Linh",
        "phone": "0901 234 567",
        "email": "Linh@Example.vn",
        "password1": "an-honest-password",
    }

    def test_a_new_renter_goes_on_to_where_they_came_from(self, client: Client) -> None:
        answer = client.post("/account/signup/", self.form | {"next": "/quotes/7/"})

        assert answer.status_code == 302
        assert answer.headers["Location"] == "/quotes/7/"
        user = User.objects.get()
        assert (user.email, user.full_name, user.phone) == ("linh@example.vn", "Ngô Khánh Linh", "0901234567")
        assert user.language == "vi"

    def test_without_anywhere_to_go_papers_come_next(self, client: Client) -> None:
        assert client.post("/account/signup/", self.form).headers["Location"] == "/account/identity/"

    def test_the_language_of_the_page_becomes_that_of_the_account(self, client: Client) -> None:
        client.cookies["django_language"] = "en"

        client.post("/account/signup/", self.form)

        assert User.objects.get().language == "en"

    def test_the_mail_leaves_by_a_job_and_waits_sealed(self, client: Client) -> None:
        client.post("/account/signup/", self.form)

        assert mail.outbox == []
        payload = str(OutboxMessage.objects.get(topic="accounts.send_mail").payload)
        assert "linh" not in payload.lower()
        assert "confirm" not in payload
        outbox.run_all()
        (message,) = mail.outbox
        assert message.to == ["linh@example.vn"]
        assert re.search(r"/account/confirm-email/\S+/", str(message.body))

    def test_who_signs_in_gets_the_site_in_their_language(self, client: Client) -> None:
        make_user(email="en@example.vn", password=PASSWORD, language="en")

        answer = client.post("/account/login/", {"login": "en@example.vn", "password": PASSWORD})

        assert answer.cookies["django_language"].value == "en"

    def test_a_language_that_was_chosen_in_this_browser_wins(self, client: Client) -> None:
        make_user(email="en@example.vn", password=PASSWORD, language="en")
        client.cookies["django_language"] = "vi"

        answer = client.post("/account/login/", {"login": "en@example.vn", "password": PASSWORD})

        assert "django_language" not in answer.cookies
