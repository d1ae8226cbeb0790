from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import make_user
from voltgo.core import states
from voltgo.core.actors import SYSTEM
from voltgo.core.models import StateEvent
from voltgo.core.prepared import rows_of
from voltgo.core.rows import insert_after, insert_together
from voltgo.core.states import Machine

LAMP = Machine(name="lamp", initial="off", table={}, field="model")


def times_prepared(statement):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{statement}%"]
        )
        return cursor.fetchone()[0]


def test_a_statement_is_planned_once_for_many_calls():
    for number in range(3):
        assert rows_of("SELECT %(number)s::bigint + 1 AS once_prepared", {"number": number}) == [
            (number + 1,)
        ]

    assert times_prepared("AS once_prepared") == 1


def test_a_prepared_statement_stands_in_the_log_of_queries_each_time():
    with CaptureQueriesContext(connection) as captured:
        for number in range(2):
            rows_of("SELECT %(number)s::bigint AS twice_logged", {"number": number})

    assert ["twice_logged" in query["sql"] for query in captured] == [True, True]


def test_a_percent_sign_is_written_twice_as_everywhere():
    assert rows_of("SELECT 'a%%' || %(text)s", {"text": "b"}) == [("a%b",)]
    with CaptureQueriesContext(connection):
        assert rows_of("SELECT 'a%%' || %(text)s", {"text": "b"}) == [("a%b",)]


def begin_request() -> None:
    """Let the kept connection be due for its check, as it is at the start of a request."""
    own: Any = connection
    own.health_check_enabled, own.health_check_done = True, False


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_meanwhile_is_replaced_by_the_first_question():
    connection.ensure_connection()
    broken = connection.connection
    broken.close()
    begin_request()

    assert rows_of("SELECT %(number)s::int", {"number": 7}) == [(7,)]
    assert connection.connection is not broken


@pytest.mark.django_db(transaction=True)
def test_a_refusal_on_a_sound_connection_is_not_asked_again():
    rows_of("SELECT set_config('statement_timeout', '10', false)", {})
    before = connection.connection
    begin_request()

    try:
        with pytest.raises(OperationalError, match="statement timeout"):
            rows_of("SELECT pg_sleep(1)", {})
        assert connection.connection is before
    finally:
        rows_of("SELECT set_config('statement_timeout', '0', false)", {})


def test_rows_that_depend_on_a_first_one_are_written_with_it_or_not_at_all():
    first = "INSERT INTO django_content_type (app_label, model) SELECT %(app)s, 'on' WHERE %(is_wanted)s RETURNING id"

    def event():
        return states.first_event(LAMP, ContentType(pk=1, model="off"), by=SYSTEM)

    assert insert_after(first, {"app": "lamps", "is_wanted": False}, [event(), event()]) is None
    assert not StateEvent.objects.filter(machine="lamp").exists()
    found = insert_after(first, {"app": "lamps", "is_wanted": True}, [event(), event()])
    assert found == (ContentType.objects.get(app_label="lamps").pk,)
    assert StateEvent.objects.filter(machine="lamp").count() == 2


def test_rows_of_several_tables_are_written_as_one_statement():
    user = make_user()
    lamp = ContentType(pk=987_654, app_label="lamps", model="off")
    events = [states.first_event(LAMP, lamp, by=SYSTEM), states.first_event(LAMP, user_lamp(user), by=SYSTEM)]

    with CaptureQueriesContext(connection) as captured:
        insert_together([lamp, *events])

    assert len(captured) == 1
    assert ContentType.objects.get(pk=987_654).model == "off"
    written = StateEvent.objects.filter(machine="lamp").order_by("pk")
    assert [(event.subject, event.target) for event in written] == [("987654", "off"), (str(user.pk), "off")]
    assert all(event.at is not None for event in written)


def user_lamp(user):
    return ContentType(pk=user.pk, app_label="lamps", model="off")
