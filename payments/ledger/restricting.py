"""Taking from the application's role what no code of ours needs: changing what is history.

Triggers refuse such changes to everybody who does not own the tables; the owner could switch them off. So in
production the tables belong to the role that migrates, and the application signs in as a lesser one.
"""

import re
from dataclasses import dataclass

from django.db import connection

# Names that need no quoting, so that nothing else gets into a statement.
ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
ACCOUNTS = "payments_ledgeraccount"
# Triggers by which a table says that its rows stay as they are, or at least stay.
_GUARDED = """
SELECT c.relname, bool_or(t.tgname LIKE '%%\\_append\\_only')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND NOT t.tgisinternal
  AND (t.tgname LIKE '%%\\_append\\_only' OR t.tgname LIKE '%%\\_kept')
GROUP BY c.relname ORDER BY c.relname
"""


class NoSuchRole(Exception):
    """The name is none that this command writes into statements."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A table whose rows are history; `is_append_only` if no column of them ever changes."""

    table: str
    is_append_only: bool


def guarded_tables() -> list[Guarded]:
    """Return the tables that keep history, as their triggers tell."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDED)
        return [Guarded(table, bool(stays)) for table, stays in cursor.fetchall()]


def statements(role: str) -> list[str]:
    """Return what lets a role work and keeps it from changing history; run by the owner of the tables.

    Raises:
        NoSuchRole: the name is no plain one.
    """
    if not ROLE.fullmatch(role):
        raise NoSuchRole(role)
    found = [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ]
    for row in guarded_tables():
        lost = "UPDATE, DELETE, TRUNCATE, TRIGGER" if row.is_append_only else "DELETE, TRUNCATE, TRIGGER"
        found.append(f"REVOKE {lost} ON {row.table} FROM {role}")
    # The running balance follows the lines by a trigger, which works with the rights of whoever writes a line.
    found.append(f"REVOKE UPDATE ON {ACCOUNTS} FROM {role}")
    found.append(f"GRANT UPDATE (balance) ON {ACCOUNTS} TO {role}")
    return found
