"""A column type that Django does not know."""

from typing import Any

from django.db import models


class TransactionIdField(models.Field):  # type: ignore[type-arg]
    """The PostgreSQL transaction that wrote a row (xid8)."""

    def db_type(self, connection: Any) -> str:
        return "xid8"
