"""Which VAT is due: the one place that says so, by activity and tax point.

The tax point of a service is its completion, or the collection where it was paid ahead; a deposit that
secures a contract has none (Decree 254/2026 art. 9(2)).
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from payments.invoices.enums import Activity
from payments.invoices.errors import NoTaxRule, RuleBackdated, RulesOverlap
from payments.invoices.tax_models import TaxRule
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


def valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))


def vat_bp_on(activity: Activity, day: date) -> int | None:
    """Return the VAT rate of an activity at a tax point in basis points, None where no VAT is due.

    Raises:
        NoTaxRule: nobody has said; an operator must add a rule.
    """
    return rates_on([activity], day)[activity]


def rates_on(activities: Iterable[Activity], day: date) -> dict[Activity, int | None]:
    """Return the rates of several activities at a tax point, in one query.

    Raises:
        NoTaxRule: one of them has no rule for the day.
    """
    wanted = list(activities)
    found = dict(TaxRule.objects.filter(valid_on(day), activity__in=wanted).values_list("activity", "vat_bp"))
    for activity in wanted:
        if activity not in found:
            raise NoTaxRule(activity=activity, day=day.isoformat())
    return {activity: found[activity] for activity in wanted}


# --- Changing rules: forward only ----------------------------------------------------------------------


def check_start(valid_from: date) -> None:
    """Refuse a rule for days that are over.

    Raises:
        RuleBackdated: it starts before today.
    """
    if valid_from < clock.today():
        raise RuleBackdated


def is_in_use(rule: TaxRule) -> bool:
    """Say whether money may have been taxed by a rule already: then it stays as it is."""
    return rule.valid_from <= clock.today()


def meeting(activity: str, first: date, last: date | None) -> QuerySet[TaxRule]:
    """Return the rules of an activity that are valid on a day of the stretch; without an end it lasts for ever."""
    rules = TaxRule.objects.filter(Q(valid_until=None) | Q(valid_until__gte=first), activity=activity)
    return rules.filter(valid_from__lte=last) if last else rules


@transaction.atomic
def end_rule(*, rule: TaxRule, last_day: date, by: Actor) -> None:
    """Let a rule apply up to a day, today at the earliest. Locks the row.

    Raises:
        RuleBackdated: the day is over, or before the rule starts.
        RulesOverlap: it would last into another one.
    """
    current = locks.lock_row(rule)
    is_over = current.valid_until is not None and current.valid_until < clock.today()
    if is_over or last_day < max(clock.today(), current.valid_from):
        raise RuleBackdated
    changes = [current.valid_until and current.valid_until.isoformat(), last_day.isoformat()]
    rule.valid_until = last_day
    _write(rule, update_fields=["valid_until"])
    record("taxrule.ended", f"taxrule:{rule.pk}", by=by, valid_until=changes)


@transaction.atomic
def succeed_rule(*, rule: TaxRule, successor: TaxRule, by: Actor) -> TaxRule:
    """Replace a rule from a day on: the old one ends the day before, the new one keeps its activity.

    Raises:
        RuleBackdated: it would start before tomorrow, or not after the old one.
        RulesOverlap: another rule follows already.
    """
    if successor.valid_from <= max(clock.today(), rule.valid_from):
        raise RuleBackdated
    end_rule(rule=rule, last_day=successor.valid_from - timedelta(days=1), by=by)
    successor.activity = rule.activity
    _write(successor, force_insert=True)
    record("taxrule.succeeded", f"taxrule:{successor.pk}", by=by, before=rule.pk)
    return successor


def _write(rule: TaxRule, *, force_insert: bool = False, update_fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            rule.save(force_insert=force_insert, update_fields=update_fields)
    except IntegrityError as clash:
        raise RulesOverlap from clash
