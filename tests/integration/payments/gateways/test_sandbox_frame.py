import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured

from payments.gateways import settlement_file
from payments.gateways.base import LineKind, SettledLine
from payments.gateways.errors import SettlementUnreadable
from payments.gateways.sandbox.notifier import Mishap, Outgoing
from payments.gateways.sandbox.server import Answer, Refused, Request, Route, Sandbox
from payments.gateways.sandbox.store import Row, Store

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
LINES = [
    SettledLine(LineKind.PAYMENT, str(number), f"VG{number}", 100_000 * number, 1_100, NOON)
    for number in (1, 2, 3)
]


class Toy(Sandbox):
    name = "toy"
    label = "Toy"

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/things/{code}", self._make, is_api=True),
            Route("GET", "/things/{code}/page.html", lambda _request: Answer.html("<p>")),
        )

    def _make(self, request: Request) -> Answer:
        if not self.store.add("thing", request.params["code"], request.json()):
            raise Refused(Answer.json({"error": "again"}, status=409))
        self.announce(request.params["code"])
        return Answer.json(self.store.get("thing", request.params["code"]))

    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        thing = self.store.get("thing", about) or {}
        body = {
            "thing": about,
            "amount": thing["amount"] + mishap.wrong_amount,
            "signature": mishap.sign("abc"),
        }
        return Outgoing("POST", self.webhook_url, json.dumps(body).encode())

    def settled_on(self, day: date) -> Sequence[SettledLine]:
        return LINES if day == NOON.date() else ()


@contextmanager
def listening(statuses: Sequence[int] = ()) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Run a listener that answers with these statuses in turn, and then with 200."""
    heard: list[dict[str, object]] = []

    class Listener(BaseHTTPRequestHandler):
        left: ClassVar = list(statuses)

        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.left.pop(0) if self.left else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running(webhook_url: str = "http://127.0.0.1:9/") -> Iterator[Toy]:
    toy = Toy(webhook_url=webhook_url, interval_seconds=0.02)
    toy.start()
    try:
        yield toy
    finally:
        toy.stop()


def _answers(toy: Toy, count: int) -> list[str]:
    answers: list[str] = []
    for _ in range(200):
        answers = [row["answer"] for row in toy.store.log() if row["event"] == "callback"]
        if len(answers) >= count:
            break
        threading.Event().wait(0.01)
    return answers


def test_a_pattern_names_the_words_of_an_address() -> None:
    with running() as toy:
        assert toy.answer("GET", "/things/a%20b/page.html", {}, b"").status == 200
        assert toy.answer("GET", "/things/a/b/page.html", {}, b"").status == 404
        assert toy.answer("POST", "/things/a/page.html", {}, b"").status == 404


def test_a_callback_is_repeated_until_it_is_taken() -> None:
    with listening([500, 503]) as (url, heard), running(url) as toy:
        assert httpx.post(f"{toy.url}/things/one", json={"amount": 5}).json() == {"amount": 5}

        assert _answers(toy, 3) == ["500", "503", "200"]
        assert heard == [{"thing": "one", "amount": 5, "signature": "abc"}] * 3


def test_a_callback_that_nobody_takes_ends() -> None:
    with listening([500] * 20) as (url, heard), running(url) as toy:
        toy.most_tries = 3
        httpx.post(f"{toy.url}/things/one", json={"amount": 5})

        _answers(toy, 3)
        threading.Event().wait(0.1)
        assert len(heard) == 3


def test_switches_lose_spoil_and_double_callbacks() -> None:
    with listening() as (url, heard), running(url) as toy:
        wanted = {"drop": 1, "duplicate": 1, "corrupt_signature": 1, "wrong_amount": 2}
        httpx.post(f"{toy.url}/_control", json=wanted).raise_for_status()
        httpx.post(f"{toy.url}/things/one", json={"amount": 5})

        assert sorted(_answers(toy, 4)) == ["200", "200", "lost on the way", "lost on the way"]
        assert sorted(str(each["signature"]) for each in heard) == ["0bc", "abc"]
        assert [each["amount"] for each in heard] == [6, 6]


def test_the_api_can_be_down_or_refuse() -> None:
    with running() as toy:
        httpx.post(f"{toy.url}/_control", json={"http_status": 503})
        assert httpx.post(f"{toy.url}/things/one", json={"amount": 5}).status_code == 503
        assert toy.store.find("thing") == []

        httpx.post(f"{toy.url}/_control", json={"http_status": 0})
        assert httpx.post(f"{toy.url}/things/one", json={"amount": 5}).status_code == 200
        assert httpx.post(f"{toy.url}/things/one", json={"amount": 6}).status_code == 409
        assert toy.store.find("thing") == [{"amount": 5}]


def test_a_switch_that_does_not_exist_changes_nothing() -> None:
    with running() as toy:
        before = toy.control.as_data()

        answer = httpx.post(f"{toy.url}/_control", json={"drop": 2, "dorp": 1})

        assert answer.status_code == 400
        assert toy.control.as_data() == before


def test_the_form_of_the_index_page_sets_switches() -> None:
    with running() as toy:
        page = httpx.get(toy.url).text
        assert 'name="corrupt_signature"' in page

        answer = httpx.post(
            f"{toy.url}/_control", data={"reorder": "on", "reject_refunds": "off", "drop": "2"}
        )

        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert (toy.control.reorder, toy.control.reject_refunds, toy.control.drop) == (True, False, 2)


def test_the_settlement_file_of_a_day_reads_back_as_it_was_written() -> None:
    with running() as toy:
        answer = httpx.get(f"{toy.url}/_settlement", params={"day": "2026-11-22"})

    lines = settlement_file.parse(answer.content)
    assert [(each.provider_ref, each.amount, each.fee, each.occurred_at) for each in lines] == [
        (each.provider_ref, each.amount, each.fee, NOON) for each in LINES
    ]


def test_the_settlement_file_carries_the_discrepancies_that_were_asked_for() -> None:
    with running() as toy:
        toy.control.change(
            {
                "settlement_missing": 1,
                "settlement_changed_amount": 1,
                "settlement_changed_fee": 1,
                "settlement_repeated": 1,
                "settlement_extra": 1,
            }
        )
        content = httpx.get(f"{toy.url}/_settlement", params={"day": "2026-11-22"}).content

    assert [(each.merchant_ref, each.amount, each.fee) for each in settlement_file.parse(content)] == [
        ("VG2", 201_000, 1_100),
        ("VG3", 300_000, 2_100),
        ("VG3", 300_000, 2_100),
        ("UNKNOWN2611221", 123_000, 0),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"kind,amount\npayment,1\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\npayment,1,VG1,1.5,0,2026-11-22T10:00:00\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\ngift,1,VG1,15,0,2026-11-22T10:00:00\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\npayment,1,VG1,15\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\npayment,,,15,0,2026-11-22T10:00:00\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\npayment,1,VG1,15,-1,2026-11-22T10:00:00\n",
        b"kind,provider_ref,merchant_ref,amount,fee,occurred_at\npayment,1,VG1,15,0,yesterday\n",
    ],
)
def test_a_file_of_another_layout_is_unreadable(content: bytes) -> None:
    with pytest.raises(SettlementUnreadable):
        settlement_file.parse(content)


def test_a_sandbox_never_starts_in_production(settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(ImproperlyConfigured):
        Toy(webhook_url="http://127.0.0.1:9/")


def test_the_store_survives_a_restart_with_its_callbacks(tmp_path) -> None:
    path = str(tmp_path / "toy.sqlite3")
    store = Store(path, first_number=10)
    store.add("thing", "one", {"amount": 5})
    store.add_callback("one", {}, 0)
    assert store.next_number() == "11"
    store.close()

    again = Store(path, first_number=99)
    try:
        assert again.get("thing", "one") == {"amount": 5}
        assert [row["about"] for row in again.claim_due()] == ["one"]
        assert again.claim_due() == []
        assert again.next_number() == "12"
    finally:
        again.close()


def test_the_clock_of_a_sandbox_moves() -> None:
    with running() as toy:
        httpx.post(f"{toy.url}/_control", json={"clock_offset_seconds": 3600})

        assert toy.store.now() - datetime.now(UTC) > timedelta(minutes=59)
