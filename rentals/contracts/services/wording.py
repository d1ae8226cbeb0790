"""Wordings of the agreement: begun from another, published by somebody else than who wrote them, retired."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.content import Content
from rentals.contracts.enums import TEMPLATE, TemplateState
from rentals.contracts.errors import (
    CodeTaken,
    DayNotAhead,
    DayTaken,
    MakerIsChecker,
    WordingFrozen,
    WordingIncomplete,
    WordingNeeded,
)
from rentals.contracts.models import ContractArticle, ContractTemplate
from rentals.contracts.texts import first
from rentals.contracts.texts.checks import needs_of
from rentals.contracts.texts.choosing import articles_of, template_for
from rentals.contracts.texts.words import ArticleWords, sha256_of
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition

# The tables and pages around the words. A layout that prints anything else gets a number and a template of its own.
LAYOUT = 1
EDITED, STARTED, PREVIEWED, PUBLISHED, RETIRED = (
    "wording.edited", "wording.started", "wording.previewed", "wording.published", "wording.retired",
)  # fmt: skip
# Above every number in use, while articles change places.
ELSEWHERE = 10_000


def subject_of(template: ContractTemplate) -> str:
    """Name a wording in the audit; by its number, because the code of a draft may change."""
    return f"wording:{template.pk}"


def wording_today() -> Content:
    """Return what a new contract freezes of its wording: code, hash of the words, layout.

    Where no wording has ever been published (a table that was emptied), the one of our own file is.
    """
    template = template_for(clock.today()) or _earliest() or install_first()
    return {"text_version": template.code, "text_sha256": template.sha256, "layout": LAYOUT}


def _earliest() -> ContractTemplate | None:
    published = ContractTemplate.objects.filter(state=TemplateState.PUBLISHED)
    return published.order_by("valid_from").first()


@transaction.atomic
def install_first() -> ContractTemplate:
    """Publish the wording that comes with VoltGo, as its migration does; the same row when two do it at once."""
    try:
        with transaction.atomic():
            template = _create(code=first.CODE, note=first.NOTE, articles=first.first_articles(), by=SYSTEM)
    except CodeTaken:
        return ContractTemplate.objects.get(code=first.CODE)
    return _publish(
        template, articles=articles_of(template), valid_from=first.VALID_FROM, user=None, by=SYSTEM
    )


@transaction.atomic
def start_draft(*, source: ContractTemplate, code: str, note: str = "", by: Actor) -> ContractTemplate:
    """Begin a draft with the words of another wording.

    Raises:
        CodeTaken: there is a wording of that code.
    """
    template = _create(code=code, note=note, articles=articles_of(source), by=by)
    audit.record(STARTED, subject_of(template), by=by, code=code, source=source.code)
    return template


def _create(*, code: str, note: str, articles: Sequence[ArticleWords], by: Actor) -> ContractTemplate:
    try:
        with transaction.atomic():
            template = ContractTemplate.objects.create(code=code, note=note)
    except IntegrityError as clash:
        raise CodeTaken from clash
    ContractArticle.objects.bulk_create(
        ContractArticle(template=template, position=position, **asdict(article))
        for position, article in enumerate(articles, start=1)
    )
    states.begin(TEMPLATE, template, by=by)
    return template


@transaction.atomic
def arrange(*, template: ContractTemplate, order: Sequence[int], by: Actor) -> None:
    """Number a draft's articles in this order of their ids, and keep who has written in it.

    Locks the wording. Ids of other wordings are passed over; articles that are not named come last.

    Raises:
        WordingFrozen: it was published meanwhile.
    """
    current = locks.lock_row(template)
    if current.state != TemplateState.DRAFT:
        raise WordingFrozen(code=current.code)
    place = {pk: number for number, pk in enumerate(order)}
    articles = current.articles.order_by("position")
    wanted = sorted(articles, key=lambda row: (place.get(row.pk, len(place)), row.position))
    # In two strides, because no two may stand on one number even for a moment.
    for first_free in (ELSEWHERE, 1):
        for position, article in enumerate(wanted, start=first_free):
            ContractArticle.objects.filter(pk=article.pk).update(position=position)
    audit.record(EDITED, subject_of(current), by=by, code=current.code)


def note_preview(*, template: ContractTemplate, booking: Booking, by: Actor) -> None:
    """Keep who has looked at a booking's names and prices through a preview."""
    audit.record(PREVIEWED, booking.reference, by=by, wording=template.code)


def writers_of(template: ContractTemplate) -> set[str]:
    """Return the references of everybody who began or wrote in a draft."""
    events = AuditEvent.objects.filter(subject=subject_of(template), action__in=[EDITED, STARTED])
    return set(events.values_list("actor_ref", flat=True))


@transaction.atomic
def publish(*, template: ContractTemplate, valid_from: date, by: Actor) -> ContractTemplate:
    """Publish a draft: from `valid_from` on, new contracts are drawn up with it. Locks the wording.

    Contracts drawn up before keep their wording. An editor who saves at the same moment is waited for, or
    finds the words frozen.

    Raises:
        WordingFrozen: it is no draft any more.
        MakerIsChecker: this person has written in it.
        DayNotAhead: the day is past.
        WordingIncomplete: something lacks; details["needs"] says what.
        DayTaken: another wording begins on that day.
    """
    current = locks.lock_row(template)
    if current.state != TemplateState.DRAFT:
        raise WordingFrozen(code=current.code)
    if by.ref in writers_of(current):
        raise MakerIsChecker(code=current.code)
    if valid_from < clock.today():
        raise DayNotAhead
    articles = articles_of(current)
    needs = needs_of(articles)
    if needs:
        raise WordingIncomplete(needs=needs)
    user = User.objects.filter(public_id=by.ref).first()
    published = _publish(current, articles=articles, valid_from=valid_from, user=user, by=by)
    audit.record(
        PUBLISHED,
        subject_of(published),
        by=by,
        code=published.code,
        valid_from=valid_from.isoformat(),
        sha256=published.sha256,
    )
    return published


def _publish(
    template: ContractTemplate,
    *,
    articles: Sequence[ArticleWords],
    valid_from: date,
    user: User | None,
    by: Actor,
) -> ContractTemplate:
    changes: dict[str, Any] = {
        "valid_from": valid_from,
        "sha256": sha256_of(articles),
        "published_at": clock.now(),
        "published_by": user,
    }
    try:
        return states.move(TEMPLATE, template, to=TemplateState.PUBLISHED, by=by, **changes)
    except IntegrityError as clash:
        if "contract_template_one_a_day" not in str(clash):
            raise
        raise DayTaken from clash


@transaction.atomic
def retire(*, template: ContractTemplate, reason: str, by: Actor) -> ContractTemplate:
    """Take a published wording out of use. Locks every published wording, so that one always stays.

    What is signed stays signed and can be printed; what was drawn up with it and is not signed is drawn up anew
    at the counter.

    Raises:
        WordingNeeded: no other wording is in force today.
        IllegalTransition: it is not published.
    """
    published = locks.lock(ContractTemplate.objects.filter(state=TemplateState.PUBLISHED))
    if template.pk not in {row.pk for row in published}:
        raise IllegalTransition
    today = clock.today()
    if not any(row.pk != template.pk and row.valid_from and row.valid_from <= today for row in published):
        raise WordingNeeded(code=template.code)
    states.move(TEMPLATE, template, to=TemplateState.RETIRED, by=by, reason=reason)
    audit.record(RETIRED, subject_of(template), by=by, reason=reason, code=template.code)
    return template
