"""Holidays, busy hours, add-ons, one-way fees, promotions and the booking policy of the demo."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from rentals.demo.seeding.scale import Scale
from rentals.policies.models import BookingPolicy
from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.enums import AddOnKind, AddOnUnit
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion
from stations.fleet.enums import VehicleKind
from stations.network.models import City, Station
from voltgo.core import clock

OFFERS_FROM = date(2025, 7, 1)
LABOUR_CODE = "Bộ luật Lao động 2019, Điều 112"
# The dates of the lunar year follow the new moons over Vietnam: 6 February and 7 April 2027. Which days
# beside the first are off is announced each autumn; what is not known yet says so.
LUNAR = f"{LABOUR_CODE}; mùng 1 Tết Đinh Mùi là 06/02/2027. Số ngày nghỉ trước và sau: dự kiến, chờ thông báo"
# (Vietnamese name, English name, first day, last day, shortest rental in days, source)
HOLIDAYS: tuple[tuple[str, str, date, date, int, str], ...] = (
    ("Tết Dương lịch 2026", "New Year's Day 2026", date(2026, 1, 1), date(2026, 1, 1), 0, LABOUR_CODE),
    (
        "Tết Bính Ngọ",
        "Lunar New Year 2026",
        date(2026, 2, 16),
        date(2026, 2, 20),
        3,
        f"{LABOUR_CODE}; mùng 1 Tết Bính Ngọ là 17/02/2026",
    ),
    (
        "Giỗ Tổ Hùng Vương 2026",
        "Hùng Kings' Day 2026",
        date(2026, 4, 26),
        date(2026, 4, 26),
        0,
        f"{LABOUR_CODE}; mùng 10 tháng 3 âm lịch",
    ),
    (
        "Lễ 30/4 và 1/5 năm 2026",
        "Reunification and Labour Day 2026",
        date(2026, 4, 30),
        date(2026, 5, 1),
        2,
        LABOUR_CODE,
    ),
    (
        "Quốc khánh 2026",
        "National Day 2026",
        date(2026, 9, 1),
        date(2026, 9, 2),
        2,
        f"{LABOUR_CODE}: 02/9 và một ngày liền kề",
    ),
    ("Tết Dương lịch 2027", "New Year's Day 2027", date(2027, 1, 1), date(2027, 1, 1), 0, LABOUR_CODE),
    ("Tết Đinh Mùi", "Lunar New Year 2027", date(2027, 2, 5), date(2027, 2, 9), 3, LUNAR),
    (
        "Giỗ Tổ Hùng Vương 2027",
        "Hùng Kings' Day 2027",
        date(2027, 4, 16),
        date(2027, 4, 16),
        0,
        f"{LABOUR_CODE}; mùng 10 tháng 3 âm lịch là 16/04/2027",
    ),
    (
        "Lễ 30/4 và 1/5 năm 2027",
        "Reunification and Labour Day 2027",
        date(2027, 4, 30),
        date(2027, 5, 1),
        2,
        LABOUR_CODE,
    ),
    (
        "Quốc khánh 2027",
        "National Day 2027",
        date(2027, 9, 2),
        date(2027, 9, 2),
        2,
        f"{LABOUR_CODE}: 02/9; ngày liền kề chưa được công bố",
    ),
)
# A holiday that is near asks for no shortest rental in the demo: somebody trying it would be turned away.
NEAR = timedelta(days=14)
# Kept back of a deposit for fines of cameras.
FINE_RETENTION = 500_000
WORKING_DAYS = range(5)
# Minutes after midnight: 06:30-08:30 and 16:30-19:00.
RUSH_HOURS = ((390, 510), (990, 1_140))
ONE_WAY: dict[str, int] = {VehicleKind.CAR: 150_000, VehicleKind.SCOOTER: 40_000}
# Vehicles are wanted at airports, and pile up in the centre.
AIRPORTS = ("tan-son-nhat", "noi-bai", "san-bay-da-nang")
TO_AIRPORT: dict[str, int] = {VehicleKind.CAR: 90_000, VehicleKind.SCOOTER: 25_000}


def create_offers(scale: Scale) -> None:
    """Create everything that stands beside the tariffs."""
    _create_calendar(scale)
    _create_add_ons()
    _create_one_way_fees()
    _create_promotions(scale)
    _create_policies(scale)


def _create_policies(scale: Scale) -> None:
    """What the demo's rentals were booked under, and since today the same with a part kept back for fines."""
    BookingPolicy.objects.create(valid_from=OFFERS_FROM, valid_until=scale.today - timedelta(days=1))
    BookingPolicy.objects.create(
        valid_from=scale.today, fine_retention_amount=FINE_RETENTION, fine_retention_days=30
    )


def _create_calendar(scale: Scale) -> None:
    Holiday.objects.bulk_create(
        Holiday(
            name=name,
            name_en=name_en,
            first_day=first,
            last_day=last,
            minimum_days=minimum if first > scale.today + NEAR else 0,
            source=source,
        )
        for name, name_en, first, last, minimum, source in HOLIDAYS
    )
    # Traffic stands still in the two large cities only.
    cities = City.objects.filter(slug__in=["ho-chi-minh", "ha-noi"])
    PeakHours.objects.bulk_create(
        PeakHours(city=city, weekday=weekday, starts_minute=starts, ends_minute=ends, valid_from=OFFERS_FROM)
        for city in cities
        for weekday in WORKING_DAYS
        for starts, ends in RUSH_HOURS
    )


def _create_add_ons() -> None:
    car, scooter = VehicleKind.CAR, VehicleKind.SCOOTER
    insurance, day = AddOnKind.INSURANCE, AddOnUnit.DAY
    rows = (
        AddOn(
            slug="boi-thuong-xe-may", kind=insurance, vehicle_kind=scooter, unit=day, amount=15_000,
            cap_amount=90_000, liability_amount=500_000, name="Bồi thường tối đa 500.000 ₫", name_en="Pay at most 500.000 ₫ for damage",
            description="Với mỗi vết hư hại không cố ý, bạn trả tối đa 500.000 ₫.",
            description_en="For each damage that was not on purpose you pay at most 500.000 ₫.",
        ),
        AddOn(
            slug="boi-thuong-o-to", kind=insurance, vehicle_kind=car, unit=day, amount=80_000, cap_amount=480_000,
            liability_amount=2_000_000,
            name="Bồi thường tối đa 2.000.000 ₫", name_en="Pay at most 2.000.000 ₫ for damage",
            description="Với mỗi vết hư hại không cố ý, bạn trả tối đa 2.000.000 ₫.",
            description_en="For each damage that was not on purpose you pay at most 2.000.000 ₫.",
        ),
        AddOn(
            slug="mu-bao-hiem", kind=AddOnKind.EQUIPMENT, vehicle_kind=scooter, unit=AddOnUnit.RENTAL, amount=10_000,
            most=1, name="Mũ bảo hiểm thứ hai", name_en="Second helmet",
            description="Mỗi xe đã có sẵn một mũ.", description_en="Each scooter comes with one.",
        ),
        AddOn(
            slug="ghe-tre-em", kind=AddOnKind.EQUIPMENT, vehicle_kind=car, unit=day, amount=50_000,
            cap_amount=200_000, most=2, name="Ghế trẻ em", name_en="Child seat",
            description="Cho trẻ từ 9 đến 36 kg.", description_en="For children of 9 to 36 kg.",
        ),
        AddOn(
            slug="lai-thu-hai", kind=AddOnKind.SECOND_DRIVER, vehicle_kind=car, unit=day, amount=40_000,
            cap_amount=160_000, name="Người lái thứ hai", name_en="Second driver",
            description="Người lái thứ hai xuất trình giấy phép lái xe khi nhận xe.",
            description_en="The second driver shows a driving licence at pickup.",
        ),
    )  # fmt: skip
    for row in rows:
        row.valid_from = OFFERS_FROM
    AddOn.objects.bulk_create(rows)


def _create_one_way_fees() -> None:
    fees = [
        OneWayFee(vehicle_kind=kind, amount=amount, valid_from=OFFERS_FROM)
        for kind, amount in ONE_WAY.items()
    ]
    fees += [
        OneWayFee(vehicle_kind=kind, destination=airport, amount=amount, valid_from=OFFERS_FROM)
        for airport in Station.objects.filter(slug__in=AIRPORTS)
        for kind, amount in TO_AIRPORT.items()
    ]
    OneWayFee.objects.bulk_create(fees)


def _create_promotions(scale: Scale) -> None:
    first = datetime.combine(scale.today - timedelta(days=30), time.min, tzinfo=clock.LOCAL_ZONE)
    Promotion.objects.bulk_create(
        [
            Promotion(
                code="CHAOVOLTGO",
                name="Giảm 15 % cho lần đặt đầu tiên",
                name_en="15 % off your first booking",
                percent=15,
                most_amount=150_000,
                is_first_booking_only=True,
                valid_from=first,
                valid_until=first + timedelta(days=365),
            ),
            Promotion(
                code="CUOITUAN",
                name="Giảm 100.000 ₫ cho ô tô",
                name_en="100.000 ₫ off cars",
                amount=100_000,
                least_total=800_000,
                vehicle_kind=VehicleKind.CAR,
                most_uses=200,
                most_uses_each=2,
                valid_from=first,
                valid_until=first + timedelta(days=120),
            ),
        ]
    )
