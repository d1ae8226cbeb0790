from datetime import timedelta

import pytest

from accounts.access.actors import staff_actor
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.sync.enums import CommandKind, CommandState, Origin
from rentals.sync.models import PaperForm, SyncCommand, SyncFile
from rentals.sync.services import record_paper
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import rendered_contract
from tests.factories.tablets import list_for
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def form(station, attendant, booking):
    return PaperForm.objects.create(
        number="G-7K2M4Q",
        pack="P-7K2M4Q",
        station=station,
        kind=CommandKind.PICKUP,
        booking_code=booking.code,
        for_day=clock.today(),
        printed_by=attendant,
    )


def pickup_on_paper(booking, at):
    checklist = list_for("pickup", booking.allocation.vehicle)
    moment = at.isoformat()
    return {
        "booking": booking.code,
        "paper": "G-7K2M4Q",
        "odometer_km": 12_000,
        "battery_percent": 88,
        "checklist": {
            "template": checklist.code,
            "version": checklist.version,
            "checked": [item.code for item in checklist.items],
        },
        "note": "",
        "marks": [],
        "began_at": moment,
        "papers": {"seen": True, "face": True, "drivers": [], "selfies": []},
        "contract": None,
        "consented": True,
        "signatures": {"renter": {"signed_at": moment}, "staff": {"signed_at": moment}},
        "cash": None,
        "keys_at": moment,
    }


def entered(form, booking, attendant, supervisor, at):
    return record_paper(
        form=form,
        kind=CommandKind.PICKUP,
        station=form.station,
        subject=booking.reference,
        payload=pickup_on_paper(booking, at),
        files={"scan:0": photo_bytes(640, 480)},
        actor_user=attendant,
        occurred_at=at,
        by=staff_actor(supervisor, supervisor=True),
    )


def test_a_handover_on_paper_is_applied_with_the_papers_own_time(
    form, booking, attendant, supervisor, traveller
):
    rendered_contract(booking)
    at = clock.now()
    traveller.shift(timedelta(hours=5))

    command = entered(form, booking, attendant, supervisor, at)

    assert (command.state, command.code, command.origin) == (CommandState.APPLIED, "", Origin.PAPER)
    rental = Rental.objects.get()
    assert (rental.state, rental.started_at) == (RentalState.ACTIVE, at)
    assert (command.actor, command.delivered_by) == (attendant, supervisor)
    assert SyncFile.objects.get().stored_at is not None


def test_a_form_is_entered_once(form, booking, attendant, supervisor):
    rendered_contract(booking)
    first = entered(form, booking, attendant, supervisor, clock.now())
    second = entered(form, booking, attendant, supervisor, clock.now() - timedelta(hours=1))

    assert first.pk == second.pk
    assert SyncCommand.objects.count() == 1
