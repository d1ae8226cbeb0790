from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.access import roles
from accounts.access.roles import UnknownPermission, sync_groups


def names(group: Group) -> set[str]:
    return {
        f"{app}.{name}" for app, name in group.permissions.values_list("content_type__app_label", "codename")
    }


def test_a_reviewer_may_check_papers_and_nothing_else() -> None:
    assert names(sync_groups()["reviewer"]) == {
        "accounts.view_user",
        "accounts.view_identitydocument",
        "accounts.view_documentextraction",
        "accounts.view_documentreview",
        "accounts.view_verificationpolicy",
        "accounts.review_identitydocument",
    }


def test_an_operator_runs_stations_but_moves_no_money() -> None:
    granted = names(sync_groups()["operator"])

    assert {"stations.change_station", "stations.add_vehicle", "accounts.block_user"} <= granted
    assert {"payments.view_refund", "core.view_auditevent"} <= granted
    assert not {name for name in granted if name.startswith("payments.") and ".view_" not in name}
    assert not {name for name in granted if name.startswith("auth.")}


def test_finance_may_approve_refunds() -> None:
    granted = names(sync_groups()["finance"])

    assert "payments.approve_refund" in granted
    assert not {name for name in granted if name.startswith("stations.")}


def test_only_operators_and_reviewers_see_papers() -> None:
    holders = {
        name for name, group in sync_groups().items() if "accounts.review_identitydocument" in names(group)
    }

    assert holders == {"operator", "reviewer"}


def test_syncing_again_takes_back_what_a_role_no_longer_has() -> None:
    group = sync_groups()["reviewer"]
    group.permissions.set(sync_groups()["operator"].permissions.all())

    assert len(names(sync_groups()["reviewer"])) == 6
    assert Group.objects.count() == 4


def test_a_permission_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "ROLES", {"operator": ("stations.fly_*",)})

    with pytest.raises(UnknownPermission, match=r"stations\.fly_\*"):
        sync_groups()
    assert not Group.objects.exists()


def test_the_command_says_what_it_did() -> None:
    out = StringIO()

    call_command("sync_roles", stdout=out)

    assert "reviewer: 6 permissions" in out.getvalue()
