from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from rentals.pricing import services
from rentals.pricing.calendar_models import Holiday
from rentals.pricing.errors import PriceBackdated, PricesOverlap
from rentals.pricing.models import Tariff
from stations.fleet.models import VehicleModel
from tests.factories.rentals import make_quote, make_tariff
from tests.factories.stations import make_car_model, make_city, make_station
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.models import AuditEvent

ADD = "admin:rentals_tariff_add"
AMOUNTS = {
    "hour_amount": "100.000",
    "day_amount": "600.000 ₫",
    "week_amount": "3600000",
    "month_amount": "12.000.000",
    "weekend_bp": "120",
    "peak_bp": "110",
    "holiday_bp": "150",
    "deposit_amount": "3.000.000",
    "young_driver_day_amount": "50.000",
    "young_driver_age": "23",
    "included_km_per_day": "300",
    "extra_km_amount": "5.000",
    "late_grace_minutes": "29",
    "late_first_hour_amount": "100.000",
    "late_next_hour_amount": "200.000",
    "return_battery_percent": "20",
    "energy_fee_amount": "50.000",
    "cleaning_fee_amount": "100.000",
}


def in_days(days: int) -> date:
    return clock.today() + timedelta(days=days)


def form_of(model: VehicleModel, **changes: Any) -> dict[str, Any]:
    return AMOUNTS | {"model": model.pk, "valid_from": in_days(1).isoformat()} | changes


def step(tariff: Tariff, name: str) -> str:
    return reverse("admin:rentals_tariff_step", args=[tariff.pk, name])


def page_of(tariff: Tariff) -> str:
    return reverse("admin:rentals_tariff_change", args=[tariff.pk])


# --- Adding -------------------------------------------------------------------------------------------


def test_amounts_are_typed_in_dong_and_shares_in_percent(at_work: Client) -> None:
    response = at_work.post(reverse(ADD), form_of(make_car_model()))

    assert response.status_code == 302
    tariff = Tariff.objects.get()
    assert (tariff.hour_amount, tariff.day_amount, tariff.week_amount) == (100_000, 600_000, 3_600_000)
    assert tariff.weekend_bp == 12_000
    assert AuditEvent.objects.get().changes["day_amount"] == [None, 600_000]


def test_a_price_may_begin_today_but_not_yesterday(at_work: Client) -> None:
    model = make_car_model()

    backdated = at_work.post(reverse(ADD), form_of(model, valid_from=in_days(-1).isoformat()))
    assert "Giá mới chỉ áp dụng từ hôm nay trở đi" in backdated.content.decode()
    assert not Tariff.objects.exists()

    today = at_work.post(reverse(ADD), form_of(model, valid_from=in_days(0).isoformat()))
    assert today.status_code == 302
    assert Tariff.objects.get().valid_from == clock.today()


def test_a_second_price_for_the_same_days_is_refused_in_words(at_work: Client) -> None:
    model = make_car_model()
    make_tariff(model=model)

    response = at_work.post(reverse(ADD), form_of(model))

    assert "Đã có bảng giá khác cho những ngày này." in response.content.decode()
    assert Tariff.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_a_city_may_have_a_price_of_its_own(at_work: Client) -> None:
    model = make_car_model()
    make_tariff(model=model)

    response = at_work.post(reverse(ADD), form_of(model, city=make_city().pk))

    assert response.status_code == 302
    assert Tariff.objects.count() == 2


def test_a_rival_with_the_same_days_is_told_politely(
    at_work: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_car_model()
    make_tariff(model=model)
    # As if the other tariff came between the form's question and the insert.
    monkeypatch.setattr(services, "meeting", lambda rows, _first, _last: rows.none())

    response = at_work.post(reverse(ADD), form_of(model), follow=True)

    assert "Đã có bảng giá khác cho những ngày này." in response.content.decode()
    assert Tariff.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("day_amount", "50.000", "Giá phải tăng dần từ giờ, ngày, tuần đến tháng, và không âm."),
        ("weekend_bp", "90", "Hệ số cuối tuần, cao điểm và ngày lễ không được dưới 100 phần trăm."),
        ("hour_amount", "một trăm", "Hãy nhập số tiền bằng đồng"),
        ("deposit_amount", "-1", "Số tiền không thể âm."),
        ("valid_until", "2026-01-01", "Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_in_words(
    at_work: Client, field: str, value: str, said: str
) -> None:
    response = at_work.post(reverse(ADD), form_of(make_car_model(), **{field: value}))

    assert said in response.content.decode()
    assert not Tariff.objects.exists()


# --- In use -------------------------------------------------------------------------------------------


def test_a_price_in_use_is_shown_in_dong_and_cannot_be_edited(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model())

    html = at_work.get(page_of(tariff)).content.decode()
    posted = at_work.post(page_of(tariff), form_of(tariff.model, day_amount="1.000.000"))

    assert "600.000\u00a0₫" in html
    assert "Giá này đang được áp dụng nên không sửa và không xóa được" in html
    assert 'name="day_amount"' not in html
    assert posted.status_code == 403
    tariff.refresh_from_db()
    assert tariff.day_amount == 600_000


def test_a_coming_price_is_edited_until_a_quote_names_it(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model(), valid_from=in_days(5))
    changed = form_of(tariff.model, valid_from=in_days(5).isoformat(), day_amount="650.000")

    assert at_work.post(page_of(tariff), changed).status_code == 302
    tariff.refresh_from_db()
    assert tariff.day_amount == 650_000

    make_quote(model=tariff.model, station=make_station())
    assert at_work.post(page_of(tariff), changed | {"day_amount": "700.000"}).status_code == 403
    tariff.refresh_from_db()
    assert tariff.day_amount == 650_000


def test_the_database_keeps_the_prices_of_a_quote() -> None:
    tariff = make_tariff(model=make_car_model())
    make_quote(model=tariff.model, station=make_station())

    with pytest.raises(IntegrityError, match="a tariff in use never changes"), transaction.atomic():
        Tariff.objects.filter(pk=tariff.pk).update(day_amount=1)

    Tariff.objects.filter(pk=tariff.pk).update(valid_until=in_days(30))
    tariff.refresh_from_db()
    assert (tariff.day_amount, tariff.valid_until) == (600_000, in_days(30))


def test_only_a_price_that_nobody_has_seen_is_deleted(at_work: Client) -> None:
    used = make_tariff(model=make_car_model())
    coming = make_tariff(model=make_car_model(), valid_from=in_days(5))

    refused = at_work.post(reverse("admin:rentals_tariff_delete", args=[used.pk]), {"post": "yes"})

    assert refused.status_code == 403
    assert services.is_in_use(used)
    assert not services.is_in_use(coming)
    assert Tariff.objects.count() == 2
    done = at_work.post(reverse("admin:rentals_tariff_delete", args=[coming.pk]), {"post": "yes"})
    assert done.status_code == 302
    assert list(Tariff.objects.all()) == [used]


def test_a_holiday_that_has_not_begun_is_deleted(at_work: Client) -> None:
    begun, coming = (
        Holiday.objects.create(name=name, name_en=name, first_day=in_days(day), last_day=in_days(day + 1))
        for name, day in (("Nghỉ bù", -1), ("Gõ nhầm", 20))
    )
    for row, status in ((begun, 403), (coming, 302)):
        url = reverse("admin:rentals_holiday_delete", args=[row.pk])
        assert at_work.post(url, {"post": "yes"}).status_code == status
    assert list(Holiday.objects.all()) == [begun]


# --- Ending and succeeding ----------------------------------------------------------------------------


def test_a_price_ends_today_at_the_earliest(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model())

    past = at_work.post(step(tariff, "end"), {"last_day": in_days(-1).isoformat()})
    done = at_work.post(step(tariff, "end"), {"last_day": in_days(0).isoformat()})

    assert past.status_code == 422
    assert done.status_code == 302
    tariff.refresh_from_db()
    assert tariff.valid_until == clock.today()
    event = AuditEvent.objects.get()
    assert (event.action, event.changes) == ("tariff.ended", {"valid_until": [None, in_days(0).isoformat()]})


def test_a_successor_takes_over_without_a_gap(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model())
    asked = at_work.get(step(tariff, "succeed")).content.decode()
    assert "Xem thử, chưa lưu" in asked

    response = at_work.post(
        step(tariff, "succeed"),
        AMOUNTS | {"valid_from": in_days(10).isoformat(), "day_amount": "700.000"},
    )

    assert 'value="600.000"' in asked
    assert response.status_code == 302
    tariff.refresh_from_db()
    successor = Tariff.objects.exclude(pk=tariff.pk).get()
    assert tariff.valid_until == in_days(9)
    assert (successor.valid_from, successor.valid_until) == (in_days(10), None)
    assert (successor.day_amount, successor.model, successor.city) == (700_000, tariff.model, tariff.city)


def test_a_successor_begins_tomorrow_at_the_earliest(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model())

    response = at_work.post(step(tariff, "succeed"), AMOUNTS | {"valid_from": in_days(0).isoformat()})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"valid_from"}
    assert Tariff.objects.count() == 1
    tariff.refresh_from_db()
    assert tariff.valid_until is None


def test_a_successor_of_a_successor_is_refused_as_a_whole() -> None:
    model = make_car_model()
    tariff = make_tariff(model=model, valid_until=in_days(9))
    make_tariff(model=model, valid_from=in_days(10))
    fields = {name: getattr(tariff, name) for name in ("hour_amount", "day_amount", "week_amount")}
    successor = Tariff(
        **fields,
        month_amount=tariff.month_amount,
        included_km_per_day=1,
        valid_from=in_days(20),
    )

    with pytest.raises(PricesOverlap):
        services.succeed_tariff(tariff=tariff, successor=successor, by=SYSTEM)

    tariff.refresh_from_db()
    assert tariff.valid_until == in_days(9)
    assert Tariff.objects.count() == 2
    assert not AuditEvent.objects.exists()


def test_a_price_that_is_over_stays_over() -> None:
    tariff = make_tariff(model=make_car_model(), valid_until=in_days(-1))

    with pytest.raises(PriceBackdated):
        services.end_price(row=tariff, last_day=in_days(30), by=SYSTEM)
