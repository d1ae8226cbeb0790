import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.users.models import User


@pytest.fixture(autouse=True)
def _failing_addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.integration.voltgo.urls_that_fail"


@pytest.fixture
def visitor() -> Client:
    """A client that shows the error page instead of raising."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("kind", "status", "template"),
    [
        ("taken", 409, "refused.html"),
        ("moved", 409, "409.html"),
        ("not-allowed", 403, "403.html"),
        ("missing", 404, "404.html"),
        ("invalid", 422, "refused.html"),
        ("http404", 404, "404.html"),
        ("denied", 403, "403.html"),
        ("suspicious", 400, "400.html"),
        ("database-away", 503, "503.html"),
        ("crash", 500, "500.html"),
    ],
)
def test_a_failure_becomes_a_page_with_its_status(
    visitor: Client, kind: str, status: int, template: str
) -> None:
    answer = visitor.get(f"/fail/{kind}/")

    assert answer.status_code == status
    assert template in [used.name for used in answer.templates]
    assert "secret" not in answer.content.decode()
    assert "10.0.0.5" not in answer.content.decode()


def test_a_refusal_says_its_reason(visitor: Client) -> None:
    assert "Xe vừa được người khác giữ." in visitor.get("/fail/taken/").content.decode()


def test_an_error_page_names_the_request_for_the_support(visitor: Client) -> None:
    answer = visitor.get("/fail/crash/", headers={"X-Request-ID": "support-0001"})

    assert "support-0001" in answer.content.decode()
    assert answer["X-Request-ID"] == "support-0001"


def test_an_outage_tells_when_to_come_back(visitor: Client) -> None:
    assert visitor.get("/fail/database-away/")["Retry-After"] == "30"


def test_an_error_page_for_a_signed_in_person_needs_no_query_after_a_crash(
    visitor: Client, django_assert_num_queries: Any
) -> None:
    visitor.force_login(User.objects.create_user("thao@example.vn", full_name="Thảo"))
    with django_assert_num_queries(0):
        answer = visitor.get("/fail/crash/")

    assert answer.status_code == 500


def test_a_form_with_an_old_token_asks_to_load_the_page_again() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/i18n/setlang/", {"language": "en"})

    assert answer.status_code == 403
    assert "403_csrf.html" in [used.name for used in answer.templates]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("taken", 409, "just_taken"),
        ("moved", 409, "illegal_transition"),
        ("not-allowed", 403, "not_allowed"),
        ("missing", 404, "not_found"),
        ("invalid", 422, "invalid_input"),
        ("http404", 404, "not_found"),
        ("denied", 403, "not_allowed"),
        ("suspicious", 400, "bad_request"),
        ("database-away", 503, "unavailable"),
        ("crash", 500, "server_error"),
        ("throttled", 429, "too_many_requests"),
        ("parse", 400, "unreadable_body"),
        ("no-such-kind/deeper", 404, "not_found"),
    ],
)
def test_a_failure_of_the_api_is_a_problem_document(
    visitor: Client, kind: str, status: int, code: str
) -> None:
    answer = visitor.get(f"/api/v1/fail/{kind}/", headers={"X-Request-ID": "support-0002"})
    problem = answer.json()

    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:voltgo:problem:{code}"
    assert problem["title"]
    assert problem["instance"] == f"/api/v1/fail/{kind}/"
    assert problem["request_id"] == "support-0002"
    assert "secret" not in answer.content.decode()


def test_details_of_a_refusal_are_members_but_never_replace_the_standard_ones(visitor: Client) -> None:
    problem = visitor.get("/api/v1/fail/taken/").json()

    assert problem["alternatives"] == ["VG-1", "VG-2"]
    assert problem["attempts"] == 3
    assert problem["status"] == 409
    assert problem["title"] == "Xe vừa được người khác giữ."


def test_a_throttled_client_learns_how_long_to_wait_rounded_up(visitor: Client) -> None:
    answer = visitor.get("/api/v1/fail/throttled/")

    assert answer["Retry-After"] == "13"
    assert answer.json()["retry_after_seconds"] == 13


def test_invalid_fields_are_named_by_path_with_code_and_words(visitor: Client) -> None:
    answer = visitor.post(
        "/api/v1/order/",
        {"name": "bad", "lines": [{"amount": 1, "code": "a", "message": "b"}, {"amount": 0}]},
        content_type="application/json",
    )

    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("name", "name_refused"),
        ("lines.1.amount", "min_value"),
        ("lines.1.code", "required"),
        ("lines.1.message", "required"),
    ]
    assert answer.json()["errors"][0]["message"] == "Tên này không dùng được."


def test_fields_called_code_and_message_are_no_confusion(visitor: Client) -> None:
    answer = visitor.post(
        "/api/v1/order/",
        {"name": "good", "lines": [{"amount": 1, "code": "", "message": ""}]},
        content_type="application/json",
    )

    assert [error["field"] for error in answer.json()["errors"]] == ["lines.0.code", "lines.0.message"]


def test_a_stranger_is_told_to_sign_in(visitor: Client) -> None:
    answer = visitor.get("/api/v1/private/")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer["WWW-Authenticate"] == 'Session realm="voltgo"'


def test_a_session_may_read_but_needs_the_token_of_the_form_to_write() -> None:
    user = User.objects.create_user("thao@example.vn", full_name="Thảo")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)

    assert strict.get("/api/v1/private/").json() == {"user": user.pk}
    refused = strict.post("/api/v1/private/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_the_answer_speaks_the_language_of_the_client(visitor: Client) -> None:
    visitor.cookies["django_language"] = "en"

    title = visitor.get("/api/v1/fail/http404/").json()["title"]

    assert not re.search("[à-ỹ]", title)
