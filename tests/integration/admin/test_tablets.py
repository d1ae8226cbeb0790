"""Tablets and PINs in the admin: withdrawn and re-instated by steps, and their secrets shown to nobody."""

import pytest
from django.urls import reverse

from stations.tablets import services
from stations.tablets.enums import TabletState
from stations.tablets.models import StaffPin
from tests.factories.devices import PIN, make_pin, make_tablet
from tests.factories.stations import make_station


@pytest.fixture
def enrolment(attendant):
    return make_tablet(station=make_station(), user=attendant, name="Quầy 1")


def step(client, row, name):
    label = f"admin:stations_{row._meta.model_name}_step"
    return client.post(reverse(label, args=[row.pk, name]), {"reason": "Mất ở bãi xe"})


def test_an_operator_withdraws_and_reinstates(client, operator, enrolment):
    client.force_login(operator)
    tablet = enrolment.tablet
    step(client, tablet, "reinstate")
    for name, state in (("revoke", TabletState.REVOKED), ("reinstate", TabletState.ENROLLED)):
        assert step(client, tablet, name).status_code == 302
        tablet.refresh_from_db()
        assert tablet.state == state


def test_a_reviewer_withdraws_nothing(client, reviewer, enrolment):
    client.force_login(reviewer)
    assert step(client, enrolment.tablet, "revoke").status_code in {302, 403, 404}
    enrolment.tablet.refresh_from_db()
    assert enrolment.tablet.state == TabletState.ENROLLED


def test_secrets_stand_on_no_page(client, operator, enrolment, attendant):
    client.force_login(operator)
    make_pin(attendant)
    tablet, pin = enrolment.tablet, StaffPin.objects.get()
    services.keep_session(tablet=tablet, session_key="a-session-of-a-tablet")
    shown = "".join(
        client.get(reverse(f"admin:stations_{name}", args=args)).content.decode()
        for name, args in (
            ("tablet_changelist", []),
            ("tablet_change", [tablet.pk]),
            ("staffpin_changelist", []),
            ("staffpin_change", [pin.pk]),
        )
    )
    assert "Quầy 1" in shown
    for secret in (tablet.secret_sha256, enrolment.secret, "a-session-of-a-tablet", pin.pin_hash, PIN):
        assert secret not in shown


def test_an_operator_takes_a_pin_away(client, operator, attendant):
    make_pin(attendant)
    client.force_login(operator)
    answer = step(client, StaffPin.objects.get(), "remove-pin")
    assert answer.url == reverse("admin:stations_staffpin_changelist")
    assert not StaffPin.objects.exists()
