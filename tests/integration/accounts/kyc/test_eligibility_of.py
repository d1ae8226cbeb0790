from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.access.actors import operator_actor
from accounts.kyc.eligibility import VehicleDemand, eligibility_of
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.users.models import User
from accounts.users.services import block_user
from tests.factories.accounts import make_document, make_renter, make_user
from voltgo.core import clock
from voltgo.core.clock import Period

CAR = VehicleDemand("car", Decimal(100), 5)
MOPED = VehicleDemand("moped", Decimal(2), 2)
CARD, LICENCE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE


@pytest.fixture
def period() -> Period:
    start = clock.now().replace(microsecond=0) + timedelta(hours=2)
    return Period(start, start + timedelta(hours=6))


def codes(user: User, period: Period, demand: VehicleDemand = CAR, *, debt: int = 0) -> list[str]:
    reasons = eligibility_of(user=user, demand=demand, period=period, debt=debt).reasons
    return [str(reason.code) for reason in reasons]


def test_a_verified_renter_may_drive(
    renter: User, period: Period, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        answer = eligibility_of(user=renter, demand=CAR, period=period)

    assert answer.is_eligible
    assert answer.licence_classes == ("A1", "B")


def test_a_newcomer_has_both_papers_to_send(newcomer: User, period: Period) -> None:
    assert codes(newcomer, period) == ["identity_missing", "licence_missing"]
    assert codes(newcomer, period, MOPED) == ["identity_missing"]


def test_a_renewal_that_waits_takes_nothing_away(renter: User, period: Period) -> None:
    make_document(user=renter, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    assert codes(renter, period) == []


def test_the_newest_version_counts_when_none_is_approved(newcomer: User, period: Period) -> None:
    make_document(user=newcomer, kind=CARD, state=DocumentState.SUPERSEDED)
    make_document(user=newcomer, kind=CARD, state=DocumentState.REJECTED)
    make_document(user=newcomer, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    assert codes(newcomer, period) == ["identity_rejected", "licence_waiting"]


def test_a_date_that_has_passed_counts_before_the_job_has_run(period: Period) -> None:
    user = make_renter()
    user.documents.filter(kind=LICENCE).update(expires_on=clock.today() - timedelta(days=1))

    assert codes(user, period) == ["licence_expired"]


def test_a_block_counts_whatever_the_caller_has_in_memory(
    renter: User, operator: User, period: Period
) -> None:
    stale = User.objects.get(pk=renter.pk)
    block_user(user=renter, reason="Không trả xe", by=operator_actor(operator))

    assert codes(stale, period) == ["blocked"]


def test_a_deactivated_account_may_not_rent(renter: User, period: Period) -> None:
    User.objects.filter(pk=renter.pk).update(is_active=False)

    assert codes(renter, period) == ["blocked"]


def test_debt_and_phone(period: Period) -> None:
    assert codes(make_renter(phone=""), period, debt=50_000) == ["debt", "phone_missing"]


def test_age_comes_from_the_approved_card_and_not_from_the_profile(period: Period) -> None:
    user = make_user(born_on=clock.today() - timedelta(days=365 * 40))
    make_document(user=user, kind=CARD, born_on=clock.today() - timedelta(days=365 * 17))

    assert codes(user, period) == ["too_young", "licence_missing"]
