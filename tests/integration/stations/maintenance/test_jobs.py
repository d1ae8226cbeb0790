from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor, staff_actor
from stations.fleet.errors import OdometerWentBack
from stations.maintenance import services
from stations.maintenance.access import jobs_of, may_see
from stations.maintenance.errors import (
    JobTaken,
    NoteMissing,
    NotInTeam,
    NotTheirJob,
    OnlySupervisorsAssign,
    TeamDoesNotServe,
)
from stations.maintenance.models import MaintenanceTicket
from tests.factories.accounts import photo_upload
from tests.factories.stations import make_station, make_vehicle
from tests.factories.yard import make_staff, make_team, make_technician, report
from voltgo.core import clock
from voltgo.core.errors import IllegalTransition, NotAllowed


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def garage():
    """The station at which the technicians of the team have their posts."""
    return make_station()


@pytest.fixture
def attendant(station):
    return make_staff(station)


@pytest.fixture
def technician(garage):
    return make_technician(garage)


@pytest.fixture
def colleague(garage):
    return make_technician(garage)


@pytest.fixture
def team(station, technician, colleague):
    return make_team(station, members=[technician, colleague])


@pytest.fixture
def supervisor(station):
    user = make_staff(station, "supervisor")
    return staff_actor(user, supervisor=True)


@pytest.fixture
def ticket(station, attendant):
    return report(make_vehicle(station=station), attendant)


def work(ticket, user):
    return {"ticket": ticket, "user": user, "by": staff_actor(user)}


# --- Assigning ----------------------------------------------------------------------------------------


def test_a_supervisor_gives_a_ticket_to_a_team(ticket, team, supervisor):
    services.assign(ticket=ticket, team=team, by=supervisor)

    ticket.refresh_from_db()
    assert (ticket.state, ticket.team, ticket.assignee) == ("assigned", team, None)


def test_an_attendant_assigns_nothing(ticket, team, attendant):
    with pytest.raises(OnlySupervisorsAssign):
        services.assign(ticket=ticket, team=team, by=staff_actor(attendant))

    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_a_team_that_does_not_serve_the_station_is_refused(ticket, supervisor, garage, technician):
    with pytest.raises(TeamDoesNotServe):
        services.assign(ticket=ticket, team=make_team(garage, members=[technician]), by=supervisor)
    with pytest.raises(TeamDoesNotServe):
        services.assign(ticket=ticket, by=supervisor)


def test_nobody_is_named_who_is_not_in_the_team(ticket, team, supervisor, attendant):
    with pytest.raises(NotInTeam):
        services.assign(ticket=ticket, team=team, assignee=attendant, by=supervisor)
    with pytest.raises(NotInTeam):
        services.assign(ticket=ticket, assignee=attendant, by=supervisor)


def test_another_team_has_to_accept_anew(ticket, team, supervisor, station, technician):
    services.assign(ticket=ticket, team=team, by=supervisor)
    services.accept(**work(ticket, technician))
    other = make_team(station)

    services.assign(ticket=ticket, team=other, by=supervisor)

    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee, ticket.accepted_at) == (other, None, None)


# --- Working ------------------------------------------------------------------------------------------


def test_the_work_goes_from_step_to_step_and_keeps_the_times(ticket, team, supervisor, technician):
    services.assign(ticket=ticket, team=team, by=supervisor)
    began = clock.now() - timedelta(hours=2)

    services.accept(**work(ticket, technician), at=began)
    services.set_out(**work(ticket, technician), at=began + timedelta(minutes=5))
    services.start(**work(ticket, technician), at=began + timedelta(minutes=30))
    services.resolve(
        **work(ticket, technician),
        note="Thay má phanh sau",
        photos=[photo_upload()],
        odometer_km=12_005,
        battery_percent=70,
        at=clock.now(),
    )

    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee) == ("resolved", technician)
    assert ticket.on_the_way_at - ticket.accepted_at == timedelta(minutes=5)
    assert ticket.started_at == began + timedelta(minutes=30)
    assert ticket.photos.get().stage == "work"
    assert (ticket.vehicle.odometer_km, ticket.vehicle.battery_percent) == (12_005, 70)


def test_each_step_said_twice_is_done_once(ticket, team, technician):
    for step in (services.accept, services.set_out, services.start):
        step(**work(ticket, technician))
        before = MaintenanceTicket.objects.values().get()
        step(**work(ticket, technician))
        assert MaintenanceTicket.objects.values().get() == before
    services.resolve(**work(ticket, technician), note="Xong")
    services.resolve(**work(ticket, technician), note="Xong")

    assert MaintenanceTicket.objects.get().state == "resolved"


def test_readings_from_before_the_last_ones_change_nothing(ticket, team, technician):
    services.start(**work(ticket, technician))

    services.resolve(
        **work(ticket, technician), note="Xong", odometer_km=11_000, at=clock.now() - timedelta(days=1)
    )

    ticket.refresh_from_db()
    assert (ticket.odometer_km, ticket.vehicle.odometer_km) == (11_000, 12_000)


def test_an_odometer_that_went_back_stops_the_whole_step(ticket, team, technician):
    services.start(**work(ticket, technician))

    with pytest.raises(OdometerWentBack):
        services.resolve(**work(ticket, technician), note="Xong", odometer_km=11_000)

    assert MaintenanceTicket.objects.get().state == "in_progress"


def test_what_one_has_accepted_the_other_cannot_take(ticket, team, technician, colleague):
    services.accept(**work(ticket, technician))

    with pytest.raises(JobTaken):
        services.accept(**work(ticket, colleague))
    with pytest.raises(NotTheirJob):
        services.start(**work(ticket, colleague))


def test_what_cannot_be_done_is_open_again_and_says_why(ticket, team, technician, supervisor):
    services.assign(ticket=ticket, team=team, by=supervisor)
    services.start(**work(ticket, technician))
    with pytest.raises(NoteMissing):
        services.give_back(**work(ticket, technician), reason=" ")

    services.give_back(**work(ticket, technician), reason="Chờ phụ tùng")

    ticket.refresh_from_db()
    assert (ticket.state, ticket.team, ticket.assignee) == ("open", None, None)
    assert ticket.hindrance == "Chờ phụ tùng"


def test_an_attendant_and_another_stations_technician_do_no_work(ticket, attendant, garage):
    for user in (attendant, make_technician(garage)):
        for step in (services.accept, services.set_out, services.start):
            with pytest.raises(NotTheirJob):
                step(**work(ticket, user))
    with pytest.raises(NotTheirJob):
        services.resolve(**work(ticket, attendant), note="Xong")

    assert MaintenanceTicket.objects.get().state == "open"


def test_work_that_has_not_begun_cannot_be_done(ticket, team, technician):
    services.accept(**work(ticket, technician))

    with pytest.raises(IllegalTransition):
        services.resolve(**work(ticket, technician), note="Xong")


# --- The end ------------------------------------------------------------------------------------------


def test_supervisors_file_and_reopen(ticket, team, technician, supervisor, attendant):
    services.start(**work(ticket, technician))
    services.resolve(**work(ticket, technician), note="Xong")
    with pytest.raises(NotAllowed):
        services.close(ticket=ticket, by=staff_actor(attendant))

    services.reopen(ticket=ticket, reason="Vẫn kêu", by=supervisor)
    assert (ticket.state, ticket.hindrance) == ("open", "Vẫn kêu")

    with pytest.raises(NoteMissing):
        services.close(ticket=ticket, by=supervisor)
    services.close(ticket=ticket, note="Báo nhầm xe", by=supervisor)
    services.close(ticket=ticket, note="Báo nhầm xe", by=supervisor)
    assert ticket.state == "closed"


# --- Who sees what ------------------------------------------------------------------------------------


def test_jobs_are_the_teams_and_nobodys_by_urgency(station, garage, attendant, team, technician):
    vehicle = make_vehicle(station=station)
    minor = report(vehicle, attendant)
    late = report(vehicle, attendant, due_at=clock.now() - timedelta(hours=1))
    unsafe = report(vehicle, attendant, severity="safety")
    elsewhere = report(make_vehicle(station=make_station()), attendant)
    given_away = report(vehicle, attendant)
    services.assign(ticket=given_away, team=make_team(station), by=operator_actor(attendant))

    jobs = list(jobs_of(technician).open().by_urgency())

    assert jobs == [unsafe, late, minor]
    assert may_see(technician, minor)
    assert not may_see(technician, elsewhere)
    assert may_see(attendant, given_away)
    assert not may_see(make_staff(make_station()), minor)
