"""The groups of people who work in the admin, and what each may do, as patterns over permission names.

Groups are brought in line by `sync_groups`, which the demo seed and `manage.py sync_roles` call; no migration
and no signal does it behind anybody's back. Station staff need no group: their posts say what they may do.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db import transaction

OPERATOR = "operator"
REVIEWER = "reviewer"
FINANCE = "finance"
LEGAL = "legal"

# "app.codename"; `*` stands for any text.
ROLES: Mapping[str, Sequence[str]] = {
    # Runs the stations and the fleet, and looks after renters.
    OPERATOR: (
        "core.view_*",
        "accounts.view_*",
        "accounts.change_user",
        "accounts.block_user",
        "accounts.review_identitydocument",
        "accounts.add_verificationpolicy",
        "accounts.revoke_apitoken",
        # Only to send again: the log itself cannot be edited.
        "accounts.change_delivery",
        "payments.view_*",
        "stations.*",
        "rentals.view_*",
        "rentals.add_*",
        "rentals.change_*",
        # Prices that nobody has seen yet: their pages refuse to delete any other.
        "rentals.delete_addon",
        "rentals.delete_bookingpolicy",
        "rentals.delete_holiday",
        "rentals.delete_onewayfee",
        "rentals.delete_peakhours",
        "rentals.delete_promotion",
        "rentals.delete_tariff",
        # Writes drafts of the agreement; publishing them takes another pair of eyes.
        "rentals.edit_wordings",
    ),
    # Checks papers, and sees of people only what that needs. A supervisor of a station who is in this group
    # has the whole queue on the tablet, without being let into the admin.
    REVIEWER: (
        "accounts.view_user",
        "accounts.view_identitydocument",
        "accounts.view_documentextraction",
        "accounts.view_documentreview",
        "accounts.view_verificationpolicy",
        "accounts.review_identitydocument",
    ),
    # Follows the money and approves refunds.
    FINANCE: (
        "core.view_auditevent",
        "accounts.view_user",
        "payments.view_*",
        "payments.approve_refund",
        # Credit given and debts written off, with a reason; nobody approves their own.
        "payments.add_adjustment",
        "payments.approve_adjustment",
        "payments.change_moneycase",
        "payments.reconcile_cashsession",
        # Takes in files, compares again, says whose unknown money is and what a difference means.
        "payments.add_statementfile",
        "payments.change_reconciliationrun",
        "payments.change_reconciliationitem",
        "payments.change_bankline",
        "payments.add_feerule",
        # Rules that nobody has been taxed by yet: their page refuses to delete any other.
        "payments.add_taxrule",
        "payments.change_taxrule",
        "payments.delete_taxrule",
        "payments.export_einvoice",
        "rentals.view_*",
    ),
    # Writes and publishes the words of the agreement; nobody publishes what they wrote themselves.
    LEGAL: (
        "core.view_auditevent",
        "rentals.view_contracttemplate",
        "rentals.view_contractarticle",
        "rentals.edit_wordings",
        "rentals.publish_wordings",
    ),
}


class UnknownPermission(LookupError):
    """A role names a permission that no model has: a typing error, or a model that was renamed."""


@transaction.atomic
def sync_groups() -> dict[str, Group]:
    """Make the groups and give each exactly the permissions of its role; safe to call again.

    Raises:
        UnknownPermission: a pattern matches nothing.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    groups: dict[str, Group] = {}
    for name, patterns in ROLES.items():
        groups[name], _created = Group.objects.get_or_create(name=name)
        groups[name].permissions.set(_matching(known, patterns))
    return groups


def _matching(known: Mapping[str, Permission], patterns: Sequence[str]) -> list[Permission]:
    matched: dict[str, Permission] = {}
    for pattern in patterns:
        found = {name: permission for name, permission in known.items() if fnmatchcase(name, pattern)}
        if not found:
            raise UnknownPermission(pattern)
        matched |= found
    return list(matched.values())
