"""Emptying the database after a test that committed: only what was filled, which takes a tenth of Django's flush.

Django truncates all tables and writes content types and permissions anew, a third of a second after each such test.
"""

from functools import cache

from django.db import connection, transaction
from django.test import TransactionTestCase

# What migrating writes once for all tests; `flush` empties them and lets the signal after it fill them again.
WRITTEN_BY_DJANGO = {"django_content_type", "auth_permission"}
# What a migration has published stays: nothing would publish it again. Whatever else the table holds goes.
FIRST_LISTS = "SELECT id FROM stations_checklisttemplate WHERE version = 1 AND vehicle_model_id IS NULL"
KEPT = {
    "stations_checklisttemplate": f"id NOT IN ({FIRST_LISTS})",
    "stations_checklistitem": f"template_id NOT IN ({FIRST_LISTS})",
    "stations_photoposition": f"template_id NOT IN ({FIRST_LISTS})",
}


def install() -> None:
    """Let tests that commit be tidied up after in this way."""
    TransactionTestCase._fixture_teardown = _tidy_up  # type: ignore[attr-defined]


def _tidy_up(_test: TransactionTestCase) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_which_are_filled())
        filled = [name for (name,) in cursor.fetchall()]
        if not filled:
            return
        # Without triggers: neither foreign keys nor the guards of history stand in the way.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in filled:
            rest = KEPT.get(name, "true")
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)} WHERE {rest}")


@cache
def _which_are_filled() -> str:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quote = connection.ops.quote_name
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})"
        for name in sorted(set(names) - WRITTEN_BY_DJANGO)
    )
