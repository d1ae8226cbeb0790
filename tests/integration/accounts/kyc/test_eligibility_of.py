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
CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE


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


def test_a_newcomer_has_everything_to_send(newcomer: User, period: Period) -> None:
    assert codes(newcomer, period) == ["identity_missing", "licence_missing", "selfie_missing"]
    assert codes(newcomer, period, MOPED) == ["identity_missing", "selfie_missing"]


def test_a_renewal_that_waits_takes_nothing_away(renter: User, period: Period) -> None:
    make_document(user=renter, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    assert codes(renter, period) == []


def test_the_newest_version_counts_when_none_is_approved(newcomer: User, period: Period) -> None:
    make_document(user=newcomer, kind=CARD, state=DocumentState.SUPERSEDED)
    make_document(user=newcomer, kind=CARD, state=DocumentState.REJECTED)
    make_document(user=newcomer, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)
    make_document(user=newcomer, kind=SELFIE, state=DocumentState.UPLOADED)

    assert codes(newcomer, period) == ["identity_rejected", "licence_waiting", "selfie_waiting"]


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

    assert codes(user, period) == ["too_young", "licence_missing", "selfie_missing"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DocumentState.UPLOADED, ["selfie_waiting"]),
        (DocumentState.PROCESSING, ["selfie_waiting"]),
        # Compared by a person when the keys are given.
        (DocumentState.AUTO_PASSED, []),
        (DocumentState.NEEDS_REVIEW, ["selfie_waiting"]),
        (DocumentState.REJECTED, ["selfie_rejected"]),
        (DocumentState.REVOKED, ["selfie_rejected"]),
    ],
)
def test_a_selfie_is_asked_for(renter: User, period: Period, state: str, expected: list[str]) -> None:
    renter.documents.filter(kind=SELFIE).delete()
    make_document(user=renter, kind=SELFIE, state=state)

    assert codes(renter, period) == expected


def visitor(**states: str) -> User:
    """Somebody with a passport and a selfie, and with foreign papers in the states given."""
    user = make_user(full_name="Hans Muster")
    make_document(user=user, kind=DocumentKind.PASSPORT)
    make_document(user=user, kind=SELFIE)
    for kind, state in states.items():
        make_document(user=user, kind=kind, state=state)
    return user


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, ["licence_missing"]),
        ({"foreign_licence": "approved"}, ["permit_missing"]),
        ({"driving_permit": "approved"}, ["licence_missing"]),
        ({"foreign_licence": "approved", "driving_permit": "needs_review"}, ["licence_waiting"]),
        ({"foreign_licence": "rejected", "driving_permit": "needs_review"}, ["licence_rejected"]),
        ({"foreign_licence": "approved", "driving_permit": "approved"}, []),
        # What was sent first and refused does not stand in the way of what holds.
        (
            {"driving_licence": "rejected", "foreign_licence": "approved", "driving_permit": "approved"},
            [],
        ),
    ],
)
def test_a_visitor_needs_licence_and_permit(
    period: Period, states: dict[str, str], expected: list[str]
) -> None:
    assert codes(visitor(**states), period) == expected


def test_licence_and_permit_count_for_the_classes_that_both_name(period: Period) -> None:
    user = visitor()
    make_document(user=user, kind=DocumentKind.FOREIGN_LICENCE, licence_classes=["A", "B"])
    make_document(user=user, kind=DocumentKind.DRIVING_PERMIT, licence_classes=["A"])

    assert codes(user, period) == ["licence_class"]


def test_licence_and_permit_count_as_long_as_both_hold(period: Period) -> None:
    user = visitor(foreign_licence="approved", driving_permit="approved")
    today = clock.today()
    user.documents.filter(kind=DocumentKind.DRIVING_PERMIT).update(expires_on=today)

    answer = eligibility_of(user=user, demand=CAR, period=period)

    assert [str(reason.code) for reason in answer.reasons] == ["licence_expired"]
    assert answer.licence_expires_on == today


def test_a_passport_says_who_somebody_is_beside_a_card_that_has_run_out(renter: User, period: Period) -> None:
    renter.documents.filter(kind=CARD).update(expires_on=clock.today() - timedelta(days=1))
    assert codes(renter, period) == ["identity_expired"]

    make_document(user=renter, kind=DocumentKind.PASSPORT)

    assert codes(renter, period) == []


def test_the_answer_says_which_papers_were_looked_at(renter: User, period: Period) -> None:
    kept = eligibility_of(user=renter, demand=CAR, period=period).as_json()

    ids = dict(renter.documents.values_list("kind", "pk"))
    assert kept["papers"] == {
        "identity": {"kind": "citizen_card", "state": "approved", "documents": [ids[CARD]]},
        "licence": {"kind": "driving_licence", "state": "approved", "documents": [ids[LICENCE]]},
        "selfie": {"kind": "selfie", "state": "approved", "documents": [ids[SELFIE]]},
    }
