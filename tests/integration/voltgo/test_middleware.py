import pytest
from django.test import Client
from pytest_django import Settings

from voltgo.core.logs import current_request_id


@pytest.mark.parametrize(
    "offered", ["Root-1-67891233-abcdef012345678912345678", "0123456789abcdef", "a.b_c-d9"]
)
def test_a_sane_request_id_is_kept(client: Client, offered: str) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/i18n/setlang/", headers={"X-Request-ID": offered})["X-Request-ID"] == offered


@pytest.mark.parametrize(
    "offered", ["short", "x" * 65, "line\nbreak-0123", "<script>alert(1)</script>", "có-dấu-0123"]
)
def test_any_other_request_id_is_replaced(client: Client, offered: str) -> None:
    given = client.get("/i18n/setlang/", headers={"X-Request-ID": offered})["X-Request-ID"]

    assert given != offered
    assert len(given) == 32


def test_the_request_id_is_gone_after_the_request(client: Client) -> None:
    client.get("/i18n/setlang/")

    assert current_request_id() == ""


def test_only_our_pages_may_use_camera_and_position(client: Client) -> None:
    policy = client.get("/i18n/setlang/")["Permissions-Policy"]

    assert "camera=(self)" in policy
    assert "geolocation=(self)" in policy
    assert "microphone=()" in policy


def test_pages_allow_no_inline_script_and_no_foreign_source(client: Client) -> None:
    policy = client.get("/account/login/")["Content-Security-Policy"]

    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_only_the_admin_gets_the_looser_policy_that_its_theme_needs(
    client: Client, admin_client: Client
) -> None:
    policy = admin_client.get("/admin/")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
    assert "default-src 'none'" in policy


def test_the_admin_is_entered_through_the_site_sign_in(client: Client, settings: Settings) -> None:
    answer = client.get("/admin/login/?next=/admin/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize(
    "address", ["/vehicles/%00/", "/contracts/verify/%00/", "/stations/?where=%00", "/api/v1/quotes/%00"]
)
def test_an_address_with_a_null_character_is_a_bad_request(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400
