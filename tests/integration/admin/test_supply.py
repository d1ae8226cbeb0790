from datetime import timedelta

from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor
from accounts.users.models import User
from stations.supply.models import SupplyRule
from stations.supply.services import override_supply
from tests.factories.stations import make_station
from voltgo.core import clock


def test_a_decision_is_told_on_the_page_of_its_threshold(at_work: Client, operator: User) -> None:
    station = make_station()
    rule = SupplyRule.objects.create(station=station, kind="car", safe_threshold=2)
    override_supply(
        station=station,
        kind="car",
        level="stopped",
        reason="Mất điện",
        until=clock.now() + timedelta(hours=3),
        by=operator_actor(operator),
    )

    page = at_work.get(reverse("admin:stations_supplyrule_change", args=[rule.pk])).content.decode()

    assert "quyết định thay ngưỡng nguồn xe" in page
    assert "Mất điện" in page
    assert "<ins>tạm dừng</ins>" in page
