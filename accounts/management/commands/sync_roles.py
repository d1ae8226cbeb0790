"""`manage.py sync_roles`: brings the admin's groups in line with accounts/access/roles.py."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.access.roles import sync_groups


class Command(BaseCommand):
    help = (
        "Makes the groups operator, reviewer and finance, and gives each exactly the permissions of its role."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, group in sync_groups().items():
            self.stdout.write(f"{name}: {group.permissions.count()} permissions")
