from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from stations.network.models import OpeningHours, StaffPost, Station, StationClosure
from tests.factories.stations import make_post, make_station
from voltgo.core import clock
from voltgo.core.models import AuditEvent

HOURS = "opening_hours"
CLOSURES = "closures"
POSTS = "staff_posts"


def form_of(station: Station, **changes: Any) -> dict[str, Any]:
    """Return what the page of a station sends when nothing was touched, with the changes."""
    hours = list(station.opening_hours.all())
    posts = list(station.staff_posts.filter(ended_at=None))
    data: dict[str, Any] = {
        "name": station.name,
        "code": station.code,
        "slug": station.slug,
        "city": station.city_id,
        "address": station.address,
        "phone": station.phone,
        "is_active": "on",
        "latitude": station.latitude,
        "longitude": station.longitude,
        "bays": station.bays,
        "charger_kw": station.charger_kw,
    }
    for prefix, count in ((HOURS, len(hours)), (CLOSURES, 0), (POSTS, len(posts))):
        data |= {f"{prefix}-TOTAL_FORMS": count, f"{prefix}-INITIAL_FORMS": count}
    for index, row in enumerate(hours):
        data |= {
            f"{HOURS}-{index}-id": row.pk,
            f"{HOURS}-{index}-station": station.pk,
            f"{HOURS}-{index}-weekday": row.weekday,
            f"{HOURS}-{index}-opens_minute": f"{row.opens_minute // 60:02d}:{row.opens_minute % 60:02d}",
            f"{HOURS}-{index}-closes_minute": f"{row.closes_minute // 60:02d}:{row.closes_minute % 60:02d}",
        }
    for index, post in enumerate(posts):
        data |= {
            f"{POSTS}-{index}-id": post.pk,
            f"{POSTS}-{index}-station": station.pk,
            f"{POSTS}-{index}-user": post.user_id,
            f"{POSTS}-{index}-role": post.role,
        }
    return data | changes


def page_of(station: Station) -> str:
    return reverse("admin:stations_station_change", args=[station.pk])


def test_hours_are_typed_as_people_write_them(at_work: Client) -> None:
    station = make_station(hours=(360, 1320))

    html = at_work.get(page_of(station)).content.decode()
    response = at_work.post(
        page_of(station),
        form_of(station, **{f"{HOURS}-6-opens_minute": "7:30", f"{HOURS}-6-closes_minute": "24:00"}),
    )

    assert 'value="06:00"' in html
    assert 'value="22:00"' in html
    assert response.status_code == 302
    sunday = OpeningHours.objects.get(station=station, weekday=6)
    assert (sunday.opens_minute, sunday.closes_minute) == (450, 1440)


def test_a_change_of_hours_leaves_an_event_with_before_and_after(at_work: Client, operator: User) -> None:
    station = make_station(hours=(360, 1320))

    at_work.post(page_of(station), form_of(station, **{f"{HOURS}-0-closes_minute": "21:00"}))

    event = AuditEvent.objects.get()
    assert event.action == "stations.openinghours.changed"
    assert event.changes == {"closes_minute": [1320, 1260]}
    assert event.actor_ref == operator.public_id


def test_hours_that_make_no_sense_are_refused_in_words(at_work: Client) -> None:
    station = make_station(hours=(360, 1320))

    wrong = at_work.post(page_of(station), form_of(station, **{f"{HOURS}-0-opens_minute": "25:00"}))
    reversed_ = at_work.post(page_of(station), form_of(station, **{f"{HOURS}-0-opens_minute": "23:00"}))

    assert "Hãy nhập giờ theo dạng 06:30, từ 00:00 đến 24:00." in wrong.content.decode()
    assert "Giờ đóng cửa phải sau giờ mở cửa." in reversed_.content.decode()
    assert OpeningHours.objects.filter(station=station, opens_minute=360, closes_minute=1320).count() == 7
    assert not AuditEvent.objects.exists()


def test_renaming_a_station_is_one_event_with_the_field(at_work: Client) -> None:
    station = make_station(name="Bến Thành")

    at_work.post(page_of(station), form_of(station, name="Chợ Bến Thành"))

    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == ("stations.station.changed", f"station:{station.code}")
    assert event.changes == {"name": ["Bến Thành", "Chợ Bến Thành"]}


def test_the_page_tells_what_happened_before(at_work: Client) -> None:
    station = make_station(name="Bến Thành")
    at_work.post(page_of(station), form_of(station, name="Chợ Bến Thành"))

    html = at_work.get(page_of(station)).content.decode()

    assert "<del>Bến Thành</del>" in html
    assert "<ins>Chợ Bến Thành</ins>" in html


def test_a_station_is_not_deleted_and_the_page_says_why(at_work: Client) -> None:
    station = make_station()

    response = at_work.post(reverse("admin:stations_station_delete", args=[station.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert Station.objects.filter(pk=station.pk).exists()
    assert "Vì vậy không xóa được." in at_work.get(page_of(station)).content.decode()


def test_a_closure_that_ends_before_it_starts_is_refused(at_work: Client) -> None:
    station = make_station()
    start = clock.local(clock.now())

    response = at_work.post(
        reverse("admin:stations_stationclosure_add"),
        {"station": station.pk, "reason": "Sửa điện", **moments(start, start - timedelta(hours=1))},
    )

    assert "Lúc mở lại phải sau lúc đóng cửa." in response.content.decode()
    assert not StationClosure.objects.exists()


def test_dates_are_read_with_the_day_before_the_month(at_work: Client) -> None:
    station = make_station()

    at_work.post(
        reverse("admin:stations_stationclosure_add"),
        {
            "station": station.pk,
            "reason": "Sửa điện",
            "starts_at_0": "03/12/2026",
            "starts_at_1": "08:00",
            "ends_at_0": "2026-12-03",
            "ends_at_1": "17:00",
        },
    )

    closure = StationClosure.objects.get()
    assert clock.local(closure.starts_at) == datetime(2026, 12, 3, 8, tzinfo=clock.LOCAL_ZONE)
    assert clock.local(closure.ends_at) == datetime(2026, 12, 3, 17, tzinfo=clock.LOCAL_ZONE)


def moments(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {
        "starts_at_0": f"{starts_at:%Y-%m-%d}",
        "starts_at_1": f"{starts_at:%H:%M}",
        "ends_at_0": f"{ends_at:%Y-%m-%d}",
        "ends_at_1": f"{ends_at:%H:%M}",
    }


# --- Who works there ----------------------------------------------------------------------------------


def test_a_second_post_of_one_person_at_a_station_is_refused_in_words(
    at_work: Client, attendant: User
) -> None:
    station = make_station()
    make_post(user=attendant, station=station)

    response = at_work.post(
        reverse("admin:stations_staffpost_add"),
        {"user": attendant.pk, "station": station.pk, "role": "supervisor"},
    )

    assert "Người này đang có vị trí ở trạm này." in response.content.decode()
    assert StaffPost.objects.count() == 1


def test_ending_a_post_asks_why_and_keeps_the_row(at_work: Client, attendant: User) -> None:
    post = make_post(user=attendant, station=make_station())
    url = reverse("admin:stations_staffpost_step", args=[post.pk, "end"])

    asked = at_work.get(url)
    without = at_work.post(url, {"reason": ""})
    done = at_work.post(url, {"reason": "Chuyển công tác"}, follow=True)

    assert asked.status_code == 200
    assert without.status_code == 422
    assert "Đã thực hiện: Kết thúc vị trí." in done.content.decode()
    post.refresh_from_db()
    assert post.ended_at is not None
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("staff_post.ended", "Chuyển công tác")


def test_a_step_that_no_longer_applies_is_not_offered(at_work: Client, attendant: User) -> None:
    post = make_post(user=attendant, station=make_station(), ended_at=clock.now())

    page = at_work.get(reverse("admin:stations_staffpost_change", args=[post.pk])).content.decode()
    step = at_work.get(reverse("admin:stations_staffpost_step", args=[post.pk, "end"]), follow=True)

    assert "Kết thúc vị trí" not in page
    assert "Thao tác này không còn áp dụng." in step.content.decode()
