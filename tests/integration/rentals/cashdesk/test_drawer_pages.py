import re

import pytest
from django.core import mail
from rest_framework.throttling import UserRateThrottle

from payments.cases.models import MoneyCase
from payments.cash import services as cash
from payments.cash.enums import SessionState
from payments.cash.models import CashDrop, CashSession
from payments.ledger import chart
from payments.ledger import selectors as ledger
from rentals.cashdesk.place import drawer_of
from tests.factories.cash import FLOAT, close, notes_for
from tests.factories.stations import make_post, make_station
from tests.integration.rentals.cashdesk.conftest import counted, url
from voltgo.core import outbox
from voltgo.core.audit.models import AuditEvent

MONEY = re.compile(r"\d[\d.]*\s*₫")
PAGES = ["", "open", "count", "close", "float", "drop", "find", "sessions"]


def text_of(answer):
    page = re.sub(r"<(script|style|head).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("name", PAGES)
def test_a_renter_learns_nothing_of_the_drawer(client, renter, station, name):
    client.force_login(renter)

    assert client.get(url(name)).status_code == 404


def test_without_a_session_the_page_leads_to_opening_one(tablet):
    answer = tablet.get(url(""))

    assert answer.status_code == 200
    assert url("open") in answer.content.decode()
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_session_is_opened_by_counting(tablet, station, attendant):
    answer = tablet.post(url("open"), counted(FLOAT, float_in="1.000.000", reason=""))

    assert answer.status_code == 302
    session = CashSession.objects.get()
    assert (session.drawer, session.opened_by, session.opening_amount) == (
        drawer_of(station),
        attendant,
        FLOAT,
    )
    assert ledger.balance(chart.cash_drawer(station.code)) == FLOAT


def test_an_opening_count_that_differs_asks_why_and_keeps_what_was_typed(tablet, station, session, by, chief):
    close(session, FLOAT, by=by)
    asked = tablet.post(url("open"), counted(950_000, reason=""))

    assert asked.status_code == 422
    assert "1.000.000" in text_of(asked)
    assert 'name="note_500000" value="1"' in asked.content.decode()
    assert CashSession.objects.count() == 1

    opened = tablet.post(url("open"), counted(950_000, reason="Thiếu một tờ"))
    assert opened.status_code == 302
    assert MoneyCase.objects.get().amount == -50_000
    outbox.run_all()
    assert len(mail.outbox) == 1
    assert chief.email in mail.outbox[0].to[0]
    assert "−50.000" in mail.outbox[0].subject


def test_a_count_that_is_no_number_opens_nothing(tablet, station):
    answer = tablet.post(url("open"), {"note_500000": "hai"})

    assert answer.status_code == 422
    assert not CashSession.objects.exists()


# --- Blind --------------------------------------------------------------------------------------
def test_what_lies_in_the_drawer_is_not_sent_before_the_count_is_handed_in(tablet, session):
    before = [tablet.get(url("")), tablet.get(url("count"))]
    tablet.post(url("count"), {"action": "start"})
    counting = [tablet.get(url("")), tablet.get(url("count"))]

    for answer in before + counting:
        page = answer.content.decode()
        assert "1.000.000" not in page
        assert "1000000" not in page
    # The notes of the pad are the only amounts.
    assert MONEY.findall(text_of(counting[0])) == []


def test_a_supervisor_sees_no_amounts_of_a_running_session(chiefs_tablet, session):
    answer = chiefs_tablet.get(url("session", session.pk))

    assert answer.status_code == 200
    assert "1.000.000" not in answer.content.decode()


def test_a_count_that_agrees_is_closed_with_a_note_for_the_next(tablet, session):
    tablet.post(url("count"), {"action": "start"})
    handed_in = tablet.post(url("count"), counted(FLOAT, action="hand-in"))
    assert handed_in.url == url("close")
    assert "1.000.000" in text_of(tablet.get(url("close")))
    closed = tablet.post(url("close"), {"handover_note": "Còn nhiều tờ 500.000"})

    assert closed.status_code == 302
    session.refresh_from_db()
    assert session.state == SessionState.CLOSED
    assert "Còn nhiều tờ 500.000" in text_of(tablet.get(url("open")))


def test_a_small_difference_asks_for_a_reason(tablet, session):
    tablet.post(url("count"), {"action": "start"})
    tablet.post(url("count"), counted(990_000, action="hand-in"))
    asked = tablet.post(url("close"), {})
    assert asked.status_code == 422
    tablet.post(url("close"), {"reason": "Thối nhầm"})

    session.refresh_from_db()
    assert (session.state, session.variance_reason) == (SessionState.CLOSED, "Thối nhầm")


def test_an_empty_form_is_no_count_and_tells_nothing(tablet, session):
    tablet.post(url("count"), {"action": "start"})
    answer = tablet.post(url("count"), {"action": "hand-in"})

    assert answer.status_code == 422
    assert "Hãy ghi số tờ đã đếm" in text_of(answer)
    session.refresh_from_db()
    assert (session.state, session.counted_amount) == (SessionState.COUNTING, None)


def test_a_count_can_be_done_again_before_closing(tablet, session):
    tablet.post(url("count"), {"action": "start"})
    tablet.post(url("count"), counted(990_000, action="hand-in"))
    tablet.post(url("close"), {"action": "recount"})
    tablet.post(url("count"), counted(FLOAT, action="hand-in"))
    tablet.post(url("close"), {})

    session.refresh_from_db()
    assert (session.state, session.counted_amount) == (SessionState.CLOSED, FLOAT)


def test_a_count_may_be_left_before_it_is_handed_in(tablet, session):
    tablet.post(url("count"), {"action": "start"})
    tablet.post(url("count"), {"action": "resume"})

    session.refresh_from_db()
    assert session.state == SessionState.OPEN


def test_much_missing_waits_for_the_supervisor(tablet, session, chief, station):
    tablet.post(url("count"), {"action": "start"})
    tablet.post(url("count"), counted(950_000, action="hand-in"))
    tablet.post(url("close"), {"reason": "Không rõ"})
    session.refresh_from_db()
    assert session.state == SessionState.DISPUTED
    # Staff do not confirm; for them there is no such page.
    assert tablet.post(url("confirm", session.pk), {"sure": "on"}).status_code == 404
    outbox.run_all()
    assert len(mail.outbox) == 1
    assert chief.email in mail.outbox[0].to[0]

    tablet.force_login(chief)
    assert "Xác nhận và đóng ca" in text_of(tablet.get(url("close")))
    answer = tablet.post(url("confirm", session.pk), {"sure": "on"})

    assert answer.url == url("session", session.pk)
    session.refresh_from_db()
    assert (session.state, session.confirmed_by) == (SessionState.CLOSED, chief)
    assert ledger.balance(chart.cash_drawer(station.code)) == 950_000


def test_a_confirmation_without_its_tick_confirms_nothing(chiefs_tablet, session, by):
    close(session, 950_000, by=by, reason="Không rõ")
    chiefs_tablet.post(url("confirm", session.pk), {})

    session.refresh_from_db()
    assert session.state == SessionState.DISPUTED


# --- Sessions before ----------------------------------------------------------------------------
def test_staff_do_not_see_the_sessions_before(tablet, session):
    assert tablet.get(url("sessions")).status_code == 404
    assert tablet.get(url("session", session.pk)).status_code == 404


def test_the_supervisor_sees_them(chiefs_tablet, session, by):
    close(session, 990_000, by=by, reason="Thối nhầm")

    assert "990.000" in text_of(chiefs_tablet.get(url("sessions")))
    assert "Thối nhầm" in text_of(chiefs_tablet.get(url("session", session.pk)))


def test_another_stations_session_is_not_there(client, session, chief):
    chief.staff_posts.all().delete()
    make_post(user=chief, station=make_station(), role="supervisor")
    client.force_login(chief)

    assert client.get(url("session", session.pk)).status_code == 404
    assert client.post(url("confirm", session.pk), {"sure": "on"}).status_code == 404


def test_the_sessions_take_as_many_queries_however_many_there_are(
    chiefs_tablet, session, by, station, django_assert_max_num_queries
):
    close(session, FLOAT, by=by)
    for _ in range(4):
        following = cash.open_session(drawer=drawer_of(station), counts=notes_for(FLOAT), by=by)
        close(following, FLOAT, by=by)
    with django_assert_max_num_queries(8):
        chiefs_tablet.get(url("sessions"))


# --- To the bank --------------------------------------------------------------------------------
KEY = "0123456789abcdef0123456789abcdef"


def test_a_bag_leaves_the_drawer(tablet, session, chief, station):
    values = {"amount": "400.000", "bag_number": "vg-001", "witness": chief.pk, "sure": "on", "key": KEY}
    first = tablet.post(url("drop"), values)
    again = tablet.post(url("drop"), values)

    assert (first.status_code, again.status_code) == (302, 302)
    bag = CashDrop.objects.get()
    assert (bag.bag_number, bag.amount, bag.witness) == ("VG-001", 400_000, chief)
    assert ledger.balance(chart.CASH_IN_TRANSIT) == 400_000


@pytest.mark.parametrize(
    "change", [{"amount": "1.000.001"}, {"amount": "nhiều"}, {"sure": ""}, {"bag_number": ""}, {"key": "x"}]
)
def test_a_bag_that_cannot_be_stays(tablet, session, change):
    values = {"amount": "400000", "bag_number": "VG-1", "witness": "", "sure": "on", "key": KEY} | change

    assert tablet.post(url("drop"), values).status_code == 422
    assert not CashDrop.objects.exists()


def test_whoever_tries_amounts_is_noted_and_slowed_down(tablet, session, attendant, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"drops": "2/hour"})
    values = {"bag_number": "VG-1", "witness": "", "sure": "on", "key": KEY}
    tries = [tablet.post(url("drop"), values | {"amount": amount}) for amount in ("9000000", "5000000", "1")]

    assert [answer.status_code for answer in tries] == [422, 422, 429]
    noted = AuditEvent.objects.filter(action="cash.drop_refused").order_by("pk")
    assert [event.changes for event in noted] == [{"amount": 9_000_000}, {"amount": 5_000_000}]
    assert {event.actor_ref for event in noted} == {attendant.public_id}


def test_change_from_the_office_comes_in(tablet, session, station):
    tablet.post(url("float"), {"amount": "200.000", "sure": "on", "key": KEY})
    tablet.post(url("float"), {"amount": "200.000", "sure": "on", "key": KEY})

    assert ledger.balance(chart.cash_drawer(station.code)) == FLOAT + 200_000


def test_without_a_session_nothing_leaves_or_comes(tablet, station):
    assert tablet.get(url("drop")).url == url("")
    assert tablet.get(url("float")).url == url("")
