import pytest

from accounts.access.actors import staff_actor
from stations.tablets import services
from stations.tablets.enums import TabletState
from stations.tablets.errors import TabletNameTaken
from stations.tablets.models import Tablet
from tests.factories.devices import make_tablet
from voltgo.core import keys
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition, NotAllowed


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_an_enrolled_tablet_is_found_by_its_secret_alone(enrolment):
    code = enrolment.tablet.code
    assert services.find_tablet(code=code, secret=enrolment.secret) == enrolment.tablet
    assert services.find_tablet(code=code, secret=enrolment.secret[:-1]) is None
    assert services.find_tablet(code=code, secret="") is None
    assert services.find_tablet(code="T-222222", secret=enrolment.secret) is None


def test_neither_secret_nor_key_lies_in_the_table(enrolment):
    row = Tablet.objects.values().get()
    key = services.data_key_of(enrolment.tablet)
    assert len(key) == 32
    assert key not in bytes(row["data_key"])
    assert enrolment.secret not in str(row)


def test_the_key_of_one_tablet_does_not_open_for_another(enrolment, station, supervisor):
    other = make_tablet(station=station, user=supervisor).tablet
    other.data_key = enrolment.tablet.data_key
    with pytest.raises(keys.EnvelopeBroken):
        services.data_key_of(other)


def test_a_name_is_given_once_at_a_station(enrolment, station, supervisor):
    with pytest.raises(TabletNameTaken):
        make_tablet(station=station, user=supervisor, name="Quầy 1")
    assert Tablet.objects.count() == 1


def test_a_withdrawn_tablet_leaves_its_name_to_the_next(enrolment, station, supervisor, by_supervisor):
    services.revoke_tablet(tablet=enrolment.tablet, reason="Hỏng", by=by_supervisor)
    assert make_tablet(station=station, user=supervisor, name="Quầy 1").tablet.state == TabletState.ENROLLED


def test_withdrawing_keeps_the_key_for_the_day_it_is_found(tablet, by_supervisor, by_operator):
    key = services.data_key_of(tablet)
    services.revoke_tablet(tablet=tablet, reason="Mất ở bãi xe", by=by_supervisor)
    tablet.refresh_from_db()
    assert (tablet.state, tablet.revoked_at is None) == (TabletState.REVOKED, False)
    services.reinstate_tablet(tablet=tablet, reason="Tìm thấy", by=by_operator)
    tablet.refresh_from_db()
    assert (tablet.state, tablet.revoked_at) == (TabletState.ENROLLED, None)
    assert services.data_key_of(tablet) == key
    assert actions() == ["tablet.enrolled", "tablet.revoked", "tablet.reinstated"]


def test_an_attendant_cannot_withdraw_a_tablet(tablet, attendant):
    with pytest.raises(NotAllowed):
        services.revoke_tablet(tablet=tablet, reason="x", by=staff_actor(attendant))
    tablet.refresh_from_db()
    assert tablet.state == TabletState.ENROLLED
    assert actions() == ["tablet.enrolled"]


def test_only_an_operator_reinstates(tablet, by_supervisor):
    services.revoke_tablet(tablet=tablet, reason="Mất", by=by_supervisor)
    with pytest.raises(NotAllowed):
        services.reinstate_tablet(tablet=tablet, reason="x", by=by_supervisor)
    tablet.refresh_from_db()
    assert tablet.state == TabletState.REVOKED


def test_nobody_withdraws_twice(tablet, by_supervisor):
    services.revoke_tablet(tablet=tablet, reason="Mất", by=by_supervisor)
    with pytest.raises(IllegalTransition):
        services.revoke_tablet(tablet=tablet, reason="Mất", by=by_supervisor)


def test_a_found_tablet_whose_name_was_given_away_waits(
    tablet, station, supervisor, by_supervisor, by_operator
):
    services.revoke_tablet(tablet=tablet, reason="Mất", by=by_supervisor)
    make_tablet(station=station, user=supervisor, name="Quầy 1")
    with pytest.raises(TabletNameTaken):
        services.reinstate_tablet(tablet=tablet, reason="Tìm thấy", by=by_operator)
    tablet.refresh_from_db()
    assert tablet.state == TabletState.REVOKED


def test_what_a_tablet_says_of_itself_is_kept(tablet, django_assert_num_queries):
    services.note_seen(tablet=tablet, waiting=3, offset_ms=-1500, app_version="a1", is_synced=True)
    tablet.refresh_from_db()
    assert (tablet.waiting_count, tablet.clock_offset_ms, tablet.app_version) == (3, -1500, "a1")
    assert tablet.offset_seconds == -1.5
    assert tablet.last_synced_at is not None
    with django_assert_num_queries(0):
        services.note_seen(tablet=tablet, waiting=3, offset_ms=-1500, app_version="a1")
