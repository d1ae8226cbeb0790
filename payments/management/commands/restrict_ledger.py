"""`manage.py restrict_ledger --role voltgo_app`: the application's role may add to history, not change it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from payments.ledger.restricting import NoSuchRole, statements


class Command(BaseCommand):
    """Grants and revokes; run it as the owner of the tables, after each migration. Safe to repeat."""

    help = (
        "Takes the right to change ledger, payments and other history from the application's database role."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", required=True, help="The role that the application signs in as.")
        parser.add_argument("--show", action="store_true", help="Only print the statements.")

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        try:
            wanted = statements(role)
        except NoSuchRole as error:
            raise CommandError(f"{error} is no plain name of a role.") from error
        if options["show"]:
            self.stdout.write(";\n".join(wanted) + ";")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user = %s, count(*) FROM pg_roles WHERE rolname = %s", [role, role]
            )
            is_self, known = cursor.fetchone()
            if not known:
                raise CommandError(f"There is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…'.")
            if is_self:
                raise CommandError("Run this as the owner of the tables, not as the application's role.")
            for statement in wanted:
                cursor.execute(statement)
        self.stdout.write(f"{role} may add to history and not change it.")
