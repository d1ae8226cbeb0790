"""Tax rules: one per activity and day, chosen by the tax point, changed forward only."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.invoices import taxes
from payments.invoices.enums import Activity, RuleStatus
from payments.invoices.errors import NoTaxRule, RuleBackdated, RulesOverlap
from payments.invoices.first_rules import FIRST_RULES
from payments.invoices.tax_models import TaxRule
from voltgo.core import clock
from voltgo.core.actors import SYSTEM


@pytest.fixture(autouse=True)
def rules():
    TaxRule.objects.all().delete()
    rows = [
        TaxRule(
            activity=rule.activity, valid_from=rule.valid_from, valid_until=rule.valid_until,
            vat_bp=rule.vat_bp, source=rule.source, status=rule.status,
        )
        for rule in FIRST_RULES
    ]  # fmt: skip
    return TaxRule.objects.bulk_create(rows)


@pytest.mark.parametrize(
    ("activity", "day", "vat_bp"),
    [
        (Activity.VEHICLE_RENTAL, date(2026, 12, 31), 800),
        (Activity.VEHICLE_RENTAL, date(2027, 1, 1), 1_000),
        (Activity.FEE, date(2026, 12, 31), 800),
        (Activity.FEE, date(2027, 1, 1), 1_000),
        (Activity.COMPENSATION, date(2026, 12, 1), None),
        (Activity.PENALTY, date(2027, 6, 1), None),
        (Activity.DEPOSIT, date(2026, 12, 1), None),
    ],
)
def test_the_first_rules_say_what_the_law_of_the_day_says(activity, day, vat_bp):
    assert taxes.vat_bp_on(activity, day) == vat_bp


def test_every_first_rule_names_its_source_and_what_is_not_certain_says_so():
    assert all(rule.source for rule in FIRST_RULES)
    unconfirmed = {rule.activity for rule in FIRST_RULES if rule.status == RuleStatus.UNCONFIRMED}
    assert {Activity.COMPENSATION, Activity.PENALTY} <= unconfirmed
    assert Activity.VEHICLE_RENTAL not in unconfirmed


def test_a_day_without_a_rule_is_a_refusal_and_not_a_rate():
    with pytest.raises(NoTaxRule):
        taxes.vat_bp_on(Activity.VEHICLE_RENTAL, date(2020, 1, 1))


def test_the_database_knows_one_rule_a_day():
    with pytest.raises(IntegrityError, match="tax_rule_no_overlap"), transaction.atomic():
        TaxRule.objects.create(
            activity=Activity.VEHICLE_RENTAL, valid_from=date(2026, 6, 1), valid_until=date(2026, 6, 2), source="x"
        )  # fmt: skip
    # Another activity is another matter.
    assert TaxRule.objects.filter(taxes.valid_on(date(2026, 6, 1))).count() == len(Activity)


def test_activities_never_share_a_hash():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT hashtext(name)) FROM unnest(%s::text[]) name", [list(Activity.values)]
        )
        assert cursor.fetchone() == (len(Activity),)


def test_a_rule_is_followed_by_another_from_a_day_on():
    rule = TaxRule.objects.get(activity=Activity.COMPENSATION)
    first_day = clock.today() + timedelta(days=10)

    taxes.succeed_rule(
        rule=rule,
        successor=TaxRule(valid_from=first_day, vat_bp=1_000, source="Công văn", status=RuleStatus.CONFIRMED),
        by=SYSTEM,
    )

    assert taxes.vat_bp_on(Activity.COMPENSATION, first_day - timedelta(days=1)) is None
    assert taxes.vat_bp_on(Activity.COMPENSATION, first_day) == 1_000


def test_days_that_are_over_keep_their_rule():
    rule = TaxRule.objects.get(activity=Activity.COMPENSATION)
    successor = TaxRule(valid_from=clock.today(), vat_bp=1_000, source="x")

    with pytest.raises(RuleBackdated):
        taxes.succeed_rule(rule=rule, successor=successor, by=SYSTEM)
    with pytest.raises(RuleBackdated):
        taxes.end_rule(rule=rule, last_day=clock.today() - timedelta(days=1), by=SYSTEM)
    with pytest.raises(RuleBackdated):
        taxes.check_start(clock.today() - timedelta(days=1))
    rule.refresh_from_db()
    assert rule.valid_until is None


def test_a_rule_cannot_last_into_the_next():
    rule = TaxRule.objects.get(activity=Activity.VEHICLE_RENTAL, vat_bp=800)

    with pytest.raises(RulesOverlap):
        taxes.end_rule(rule=rule, last_day=date(2027, 3, 1), by=SYSTEM)
    rule.refresh_from_db()
    assert rule.valid_until == date(2026, 12, 31)
