"""A secret in an address never reaches a log line."""

import logging

import pytest

from voltgo.core.logs import ContextFilter, JsonFormatter, LineFormatter, without_secrets
from voltgo.web_server import AccessLog

SECRET = "zJ8k_Qx-3fW0aBcDeFgHiJkLmNoPqRsTuVwXyZ01234"


def line_of(formatter, message, *args):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, args, None)
    assert ContextFilter().filter(record)
    return formatter.format(record)


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("%s: %s", ("Too Many Requests", f"/calendars/{SECRET}.ics")),
        ("%s: %s", ("Not Found", f"/en/calendars/{SECRET}.ics?a=1")),
        (f"Internal Server Error: /calendars/{SECRET}.ics", ()),
        ("%s: %s", ("Not Found", f"/accounts/password/reset/key/1a-{SECRET}/")),
        (f"Internal Server Error: /account/documents/7/front/?key={SECRET}", ()),
    ],
)
def test_an_address_with_a_secret_is_logged_without_it(formatter, message, args):
    line = line_of(formatter, message, *args)

    assert SECRET not in line
    assert "…" in line


def test_other_lines_stay_as_they_are():
    assert "sent 3 of 4 (75%)" in line_of(LineFormatter(), "sent %d of %d (75%%)", 3, 4)
    assert without_secrets("GET /calendar/ 200") == "GET /calendar/ 200"


def test_the_local_access_log_has_no_secret_either(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "gunicorn.glogging.Logger.access", lambda _self, _resp, _req, environ, _time: seen.append(environ)
    )

    AccessLog.access(object.__new__(AccessLog), None, None, {"PATH_INFO": f"/calendars/{SECRET}.ics"}, None)

    assert seen == [{"PATH_INFO": "/calendars/…"}]
