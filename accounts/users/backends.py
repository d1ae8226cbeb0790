"""Signing in, and finding the person of a session again."""

from allauth.account.auth_backends import AuthenticationBackend as ByEmail
from django.db import connection

from accounts.users.models import User
from voltgo.core.prepared import rows_of

FIELDS = User._meta.concrete_fields
USER = f"SELECT {', '.join(str(field.column) for field in FIELDS)} FROM accounts_user WHERE id = %(user)s"  # noqa: S608
NAMES = [field.attname for field in FIELDS]


class AuthenticationBackend(ByEmail):
    """Signs in by email. Every request of a signed-in person starts by reading them: a prepared statement."""

    def get_user(self, user_id: int) -> User | None:
        rows = rows_of(USER, {"user": user_id})
        user = User.from_db(connection.alias, NAMES, rows[0]) if rows else None
        return user if user is not None and self.user_can_authenticate(user) else None
