"""What the search page writes by hand and keeps in memory: names stay words, and nobody sees what is another's."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from tests.factories.stations import make_station, make_vehicle
from tests.reading import page

pytestmark = pytest.mark.usefixtures("morning")

LIST = reverse("rentals:station-list")
# Tuesday, 09:00 to 13:00.
TOMORROW = {"from_day": "2026-11-24", "from_time": "09:00", "to_day": "2026-11-24", "to_time": "13:00"}

# Names and addresses are typed in; nothing of them may become markup in a row that is written by hand.
HOSTILE = """<img src=x onerror=alert(1)> "Chợ" 'Lớn' & Co </a>"""
ESCAPED = "&lt;img src=x onerror=alert(1)&gt; &quot;Chợ&quot; &#x27;Lớn&#x27; &amp; Co &lt;/a&gt;"  # as html.escape does


class TestHostileNames:
    @pytest.mark.parametrize("where", ["with vehicles", "empty", "closed"])
    def test_they_stay_words_in_every_list(
        self, client: Client, ben_thanh: Station, free_car: Vehicle, where: str
    ) -> None:
        hours = (600, 1200) if where == "closed" else (0, 1440)
        other = make_station(name=HOSTILE, address=f"1 {HOSTILE}", hours=hours)
        if where == "with vehicles":
            VehicleModel.objects.update(name=HOSTILE)
            make_vehicle(station=other, model=free_car.model)

        content = client.get(LIST, TOMORROW).content.decode()

        assert "<img" not in content
        # Name and address; with vehicles the model's name at both stations too.
        assert content.count(ESCAPED) >= (4 if where == "with vehicles" else 2)

    def test_a_station_is_escaped_among_the_choices(self, client: Client, ben_thanh: Station) -> None:
        Station.objects.update(name=HOSTILE)

        content = client.get(LIST, {"where": "station:ben-thanh", **TOMORROW}).content.decode()

        assert "<img" not in content
        assert f'<option value="station:ben-thanh" selected>{ESCAPED}</option>' in content

    def test_an_address_cannot_bring_markup(self, client: Client, free_car: Vehicle) -> None:
        hostile = {"view": '"><img src=x>', "kind": '"><img src=x>', "from_time": '"><img src=x>'}

        for query in ({**TOMORROW, **hostile}, {**TOMORROW, "other": '"><img src=x>'}):
            assert "<img" not in client.get(LIST, query).content.decode()


class TestKept:
    """What is kept in memory must not leak from one reader to the next."""

    def test_each_reader_has_their_own_language_and_state(
        self, client: Client, renter: User, free_car: Vehicle
    ) -> None:
        for _twice in range(2):
            stranger = Client()
            assert "Đăng nhập" in page(stranger, LIST, TOMORROW)
            english = stranger.get(LIST, TOMORROW, headers={"accept-language": "en"}).content.decode()
            assert "Sign in" in english
            assert "Đăng nhập" not in english
            client.force_login(renter)
            words = page(client, LIST, TOMORROW)
            assert "Tài khoản" in words
            assert "Đăng nhập" not in words

    def test_the_chosen_values_are_those_of_this_search(self, client: Client, free_car: Vehicle) -> None:
        for seats, kind in (("4", "car"), ("9", ""), ("", "scooter"), ("4", "car")):
            content = client.get(LIST, {**TOMORROW, "seats": seats, "kind": kind}).content.decode()

            chosen = re.findall(r'<option value="(\d)" selected>', content)
            assert chosen == ([seats] if seats == "4" else [])
            radios = re.findall(r'<input[^>]*name="kind"[^>]*value="(\w*)" checked', content)
            assert radios == [kind]

    def test_a_renamed_station_is_listed_by_its_new_name(self, client: Client, ben_thanh: Station) -> None:
        assert ">Bến Thành</option>" in client.get(LIST).content.decode()

        Station.objects.update(name="Chợ Bến Thành")

        content = client.get(LIST).content.decode()
        assert ">Chợ Bến Thành</option>" in content
        assert ">Bến Thành</option>" not in content

    def test_each_visitor_has_their_own_token(self, free_car: Vehicle) -> None:
        tokens = {
            re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', Client().get(LIST).content.decode())[0]
            for _twice in range(2)
        }

        assert len(tokens) == 2
