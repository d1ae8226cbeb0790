from datetime import date, timedelta

import pytest

from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.services.warning import warn_of_expiry
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import make_document, make_user

TODAY = date(2026, 11, 2)
LICENCE = DocumentKind.DRIVING_LICENCE


def keys() -> list[str]:
    return sorted(Delivery.objects.values_list("key", flat=True))


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.mark.parametrize(
    ("left", "step"),
    [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None)],
)
def test_a_warning_comes_at_60_30_and_7_days(owner: User, left: int, step: int | None) -> None:
    document = make_document(user=owner, kind=LICENCE, expires_on=TODAY + timedelta(days=left))

    assert warn_of_expiry(today=TODAY) == (1 if step else 0)

    assert keys() == ([f"document_expiring:{document.pk}:{step}"] if step else [])


def test_each_step_is_told_once_in_all_those_days(owner: User) -> None:
    document = make_document(user=owner, kind=LICENCE, expires_on=TODAY + timedelta(days=65))

    told = [warn_of_expiry(today=TODAY + timedelta(days=day)) for day in range(70) for _ in range(2)]

    assert sum(told) == 3
    assert keys() == sorted(f"document_expiring:{document.pk}:{step}" for step in (60, 30, 7))
    body = Delivery.objects.get(key=f"document_expiring:{document.pk}:7").body
    assert "06/01/2027" in body
    assert document.masked_number not in body


def test_nothing_is_said_where_a_newer_version_waits(owner: User) -> None:
    make_document(user=owner, kind=LICENCE, expires_on=TODAY + timedelta(days=20))
    make_document(user=owner, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    assert warn_of_expiry(today=TODAY) == 0


@pytest.mark.parametrize(
    "fields",
    [{"expires_on": None}, {"state": DocumentState.REVOKED}, {"state": DocumentState.EXPIRED}],
)
def test_nothing_is_said_of_papers_that_do_not_run_out_or_do_not_count(
    owner: User, fields: dict[str, object]
) -> None:
    values = {"expires_on": TODAY + timedelta(days=7), **fields}
    make_document(user=owner, kind=LICENCE, **values)  # type: ignore[arg-type]

    assert warn_of_expiry(today=TODAY) == 0
