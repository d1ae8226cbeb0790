from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import make_user
from voltgo.core import states
from voltgo.core.actors import SYSTEM
from voltgo.core.models import StateEvent
from voltgo.core.prepared import rows_of
from voltgo.core.rows import insert_together
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
