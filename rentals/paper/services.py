"""Numbering the forms of a day, and taking one in."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.users.models import User
from rentals.paper.errors import DayOutOfReach, FormEntered
from rentals.paper.selectors import due_in, due_out
from rentals.sync.enums import CommandKind
from rentals.sync.models import PaperForm, SyncCommand
from rentals.sync.services import record_paper
from stations.network.models import Station
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.codes import new_code

FURTHEST = timedelta(days=7)
BLANKS = {CommandKind.WALK_IN: 3, CommandKind.RETURN: 3}
# What can be written on a form.
KINDS = (CommandKind.PICKUP, CommandKind.RETURN, CommandKind.WALK_IN)


@transaction.atomic
def number_forms(*, station: Station, day: date, user: User, by: Actor) -> list[PaperForm]:
    """Give every handover and return of a day its form, and a few blank ones; locks the station.

    Printing again gives the same numbers: a form that was not entered is the same sheet. What was booked since
    gets one too.

    Raises:
        DayOutOfReach: yesterday, or more than a week ahead.
    """
    if not clock.today() <= day <= clock.today() + FURTHEST:
        raise DayOutOfReach
    locks.lock_row(station)
    before = list(PaperForm.objects.filter(station=station, for_day=day))
    named = {(form.kind, form.booking_code) for form in before if form.booking_code}
    pack = before[0].pack if before else new_code("P", 6)
    wanted = [(CommandKind.PICKUP, booking.code) for booking in due_out(station, day)]
    wanted += [(CommandKind.RETURN, rental.booking.code) for rental in due_in(station, day)]
    missing = [pair for pair in wanted if (str(pair[0]), pair[1]) not in named]
    for kind, count in BLANKS.items():
        blank = [f for f in before if f.kind == kind and not f.booking_code and f.command_id is None]
        missing += [(kind, "")] * (count - len(blank))
    new = PaperForm.objects.bulk_create(
        PaperForm(
            number=new_code("G", 6),
            pack=pack,
            station=station,
            kind=kind,
            booking_code=code,
            for_day=day,
            printed_by=user,
        )
        for kind, code in missing
    )
    record("paper.printed", f"station:{station.code}", by=by, pack=pack, day=str(day), new=len(new))
    return _in_order([*before, *new], wanted)


def _in_order(forms: Iterable[PaperForm], wanted: list[tuple[CommandKind, str]]) -> list[PaperForm]:
    """Sort as the board does; blank ones last, those that were entered not at all."""
    places = {(str(kind), code): place for place, (kind, code) in enumerate(wanted)}
    open_forms = [form for form in forms if form.command_id is None]
    return sorted(
        (form for form in open_forms if not form.booking_code or (form.kind, form.booking_code) in places),
        key=lambda form: (places.get((form.kind, form.booking_code), len(places)), form.kind, form.number),
    )


@transaction.atomic
def enter_form(
    *,
    form: PaperForm,
    subject: str,
    payload: Mapping[str, Any],
    scans: Mapping[str, bytes],
    actor_user: User,
    occurred_at: datetime,
    user: User,
    by: Actor,
) -> SyncCommand:
    """Take in what stands on a form, with its scans; it goes the way of a tablet's command. Locks the form.

    `occurred_at` is the time on the paper, `actor_user` who did it, `user` who enters it.

    Raises:
        FormEntered: somebody entered it before.
    """
    current = locks.lock_row(form)
    if current.command_id is not None:
        raise FormEntered
    command = record_paper(
        form=current,
        kind=CommandKind(current.kind),
        station=current.station,
        subject=subject,
        payload=payload,
        files=scans,
        actor_user=actor_user,
        occurred_at=occurred_at,
        by=by,
    )
    PaperForm.objects.filter(pk=current.pk).update(command=command)
    form.command = command
    record("paper.entered", f"paper:{current.number}", by=by, kind=current.kind, user=user.public_id)
    return command
