"""Many tries of one PIN at one moment, and a tablet that is withdrawn twice."""

import pytest

from accounts.access.actors import staff_actor
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.errors import PinLocked, PinWrong
from stations.tablets.models import StaffPin
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.devices import make_pin, make_tablet
from tests.factories.stations import make_post, make_station
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition


@pytest.fixture
def supervisor():
    user = make_user(full_name="Bùi Quang Huy")
    make_post(user=user, station=make_station(), role=StaffPost.Role.SUPERVISOR)
    make_pin(user)
    return user


@pytest.fixture
def tablet(supervisor):
    return make_tablet(station=supervisor.staff_posts.get().station, user=supervisor).tablet


def test_eight_wrong_tries_at_once_are_five_tries(supervisor, tablet):
    results = race(8, lambda _n: services.check_pin(user=supervisor, pin="903175", tablet=tablet))

    assert sorted(type(result).__name__ for result in results) == ["PinLocked"] * 4 + ["PinWrong"] * 4
    assert sorted(result.details["left"] for result in results if isinstance(result, PinWrong)) == [
        1,
        2,
        3,
        4,
    ]
    assert all(isinstance(result, PinLocked | PinWrong) for result in results)
    assert StaffPin.objects.get().wrong_count == 5
    assert AuditEvent.objects.filter(action="pin.refused").count() == 5


def test_two_supervisors_withdraw_a_tablet_once(supervisor, tablet):
    by = staff_actor(supervisor, supervisor=True)
    results = race(2, lambda _n: services.revoke_tablet(tablet=tablet, reason="Mất", by=by))

    assert [type(one) for one in results if isinstance(one, Exception)] == [IllegalTransition]
    assert AuditEvent.objects.filter(action="tablet.revoked").count() == 1
