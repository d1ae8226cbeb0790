from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.models import ContractSignature
from rentals.handovers.models import Rental
from rentals.paper.errors import DayOutOfReach
from rentals.paper.services import number_forms
from rentals.sync.enums import CommandKind
from rentals.sync.models import PaperForm, SyncCommand
from stations.network.models import Station
from tests.factories.accounts import make_user, photo_bytes
from tests.factories.handovers import handed_over
from tests.factories.stations import make_post, make_station
from voltgo.core import clock
from voltgo.core.actors import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, attendant: User) -> Client:
    client.force_login(attendant)
    return client


@pytest.fixture
def form(station: Station, booking: Booking, attendant: User, by: Actor) -> PaperForm:
    """The printed form of the booking's handover."""
    forms = number_forms(station=station, day=clock.today(), user=attendant, by=by)
    return next(form for form in forms if form.booking_code == booking.code)


def scan(name: str = "phieu.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo_bytes(320, 240), "image/jpeg")


def written(attendant: User, **changes: Any) -> dict[str, Any]:
    """What somebody reads off a handover form."""
    values: dict[str, Any] = {
        "day": str(clock.today()),
        "at": "8:20",
        "actor": attendant.public_id,
        "odometer_km": "12005",
        "battery_percent": "92",
        "note": "",
        "papers_seen": "on",
        "both_signed": "on",
        "scans": [scan()],
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_a_day_gets_its_forms_once(station: Station, booking: Booking, attendant: User, by: Actor) -> None:
    first = number_forms(station=station, day=clock.today(), user=attendant, by=by)
    again = number_forms(station=station, day=clock.today(), user=attendant, by=by)
    assert [form.number for form in first] == [form.number for form in again]
    kinds = [(form.kind, form.booking_code) for form in first]
    assert kinds[0] == (CommandKind.PICKUP, booking.code)
    assert kinds.count((CommandKind.WALK_IN, "")) == 3
    assert kinds.count((CommandKind.RETURN, "")) == 3


def test_what_comes_back_gets_a_form_too(
    station: Station, booking: Booking, attendant: User, by: Actor, quick_paper: None
) -> None:
    handed_over(booking=booking, attendant=attendant)
    forms = number_forms(station=station, day=clock.today(), user=attendant, by=by)
    assert (forms[0].kind, forms[0].booking_code) == (CommandKind.RETURN, booking.code)


@pytest.mark.parametrize("days", [-1, 8])
def test_only_days_near_by_are_printed(station: Station, attendant: User, by: Actor, days: int) -> None:
    with pytest.raises(DayOutOfReach):
        number_forms(station=station, day=clock.today() + timedelta(days=days), user=attendant, by=by)
    assert not PaperForm.objects.exists()


def test_the_pack_shows_the_board_and_every_form(desk: Client, booking: Booking) -> None:
    day = f"/station/paper/packs/{clock.today()}/"
    assert desk.post(day).status_code == 302
    page = desk.get(day).content.decode()
    assert page.count("<svg") > PaperForm.objects.count()
    assert all(form.number in page for form in PaperForm.objects.all())
    assert booking.renter.full_name in page


def test_a_form_is_found_however_it_was_typed(desk: Client, form: PaperForm) -> None:
    for typed in (form.number, form.number.lower(), f"https://x.vn/station/paper/forms/{form.number}/"):
        answer = desk.post("/station/paper/", {"number": typed})
        assert answer.headers["Location"].endswith(f"/paper/forms/{form.number}/")
    assert desk.post("/station/paper/", {"number": "G-AAAAAA"}).status_code == 422


def test_another_station_s_form_is_nobody_s_business(client: Client, form: PaperForm) -> None:
    stranger = make_user()
    make_post(user=stranger, station=make_station())
    client.force_login(stranger)
    assert client.get(f"/station/paper/forms/{form.number}/").status_code == 404
    assert client.post(f"/station/paper/forms/{form.number}/", {}).status_code == 404


def test_a_handover_on_paper_counts_from_the_time_on_the_paper(
    desk: Client, form: PaperForm, booking: Booking, attendant: User, traveller: Any, quick_paper: None
) -> None:
    handed_at = clock.now() + timedelta(minutes=20)
    traveller.shift(timedelta(hours=3))
    answer = desk.post(f"/station/paper/forms/{form.number}/", written(attendant))
    assert answer.status_code == 302, answer.content.decode()
    command = SyncCommand.objects.get()
    assert (command.origin, command.state, command.occurred_at) == ("paper", "applied", handed_at), (
        command.code
    )
    rental = Rental.objects.get(booking=booking)
    assert (rental.state, rental.started_at) == ("active", handed_at)
    assert {row.method for row in ContractSignature.objects.all()} == {"paper"}
    form.refresh_from_db()
    assert form.command_id == command.pk


def test_a_form_is_entered_once(
    desk: Client, form: PaperForm, attendant: User, traveller: Any, quick_paper: None
) -> None:
    traveller.shift(timedelta(hours=1))
    for _ in range(2):
        desk.post(f"/station/paper/forms/{form.number}/", written(attendant))
    assert SyncCommand.objects.count() == Rental.objects.count() == 1


def test_a_return_on_paper_stops_the_clock_at_the_time_on_the_paper(
    desk: Client,
    station: Station,
    booking: Booking,
    attendant: User,
    by: Actor,
    traveller: Any,
    quick_paper: None,
) -> None:
    handed_over(booking=booking, attendant=attendant)
    forms = number_forms(station=station, day=clock.today(), user=attendant, by=by)
    traveller.shift(timedelta(hours=5))
    values = written(attendant, at="10:30", odometer_km="12100", papers_seen=None, both_signed=None)
    answer = desk.post(f"/station/paper/forms/{forms[0].number}/", values)
    assert answer.status_code == 302, answer.content.decode()
    rental = Rental.objects.get(booking=booking)
    assert rental.state == "settling", SyncCommand.objects.get().code
    assert rental.presented_at is not None
    assert f"{clock.local(rental.presented_at):%H:%M}" == "10:30"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": "25:00"}, "id_at"),
        ({"at": "23:59"}, "id_at"),
        ({"scans": None}, "id_scans"),
        # A form is entered once: what is no picture must be said now.
        ({"scans": [SimpleUploadedFile("x.jpg", b"\xff\xd8\xff" + b"p" * 9_000, "image/jpeg")]}, "id_scans"),
        ({"both_signed": None}, "id_both_signed"),
        ({"battery_percent": "101"}, "id_battery_percent"),
    ],
)
def test_what_cannot_stand_on_a_form_is_said_at_its_field(
    desk: Client, form: PaperForm, attendant: User, traveller: Any, changes: dict[str, Any], field: str
) -> None:
    traveller.shift(timedelta(hours=1))
    answer = desk.post(f"/station/paper/forms/{form.number}/", written(attendant, **changes))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.content.decode()
    assert not SyncCommand.objects.exists()
