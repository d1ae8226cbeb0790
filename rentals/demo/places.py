"""The three demo cities and their 24 stations, at real places with their street addresses and coordinates."""

from __future__ import annotations

from dataclasses import dataclass

DayHours = tuple[str, str]
WeekHours = tuple[DayHours, DayHours, DayHours, DayHours, DayHours, DayHours, DayHours]


@dataclass(frozen=True, slots=True)
class CityFact:
    """A city the portal serves; the coordinates are its centre, where the map opens."""

    slug: str
    name_vi: str
    name_en: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class StationFact:
    """A station; opening hours run Monday first, as "HH:MM" pairs; "24:00" is the end of the day."""

    code: str
    slug: str
    city: str
    name: str
    address: str
    latitude: float
    longitude: float
    phone: str
    opening_hours: WeekHours
    bays: int


def _week(weekday: DayHours, saturday: DayHours, sunday: DayHours) -> WeekHours:
    return (weekday, weekday, weekday, weekday, weekday, saturday, sunday)


# Every pattern contains 06:30-21:30 on weekdays and 07:00-21:30 at weekends: the generated
# demand in demand.py never starts or ends outside that core.
ALWAYS = _week(("00:00", "24:00"), ("00:00", "24:00"), ("00:00", "24:00"))
HUB = _week(("05:00", "23:00"), ("05:00", "23:00"), ("05:00", "23:00"))
CENTRE = _week(("06:00", "22:30"), ("06:00", "23:00"), ("06:30", "23:00"))
MALL = _week(("06:30", "22:00"), ("06:30", "22:30"), ("06:30", "22:30"))
CAMPUS = _week(("06:00", "22:00"), ("06:30", "22:00"), ("07:00", "21:30"))

CITIES: tuple[CityFact, ...] = (
    CityFact("ho-chi-minh", "Hồ Chí Minh", "Ho Chi Minh City", 10.7769, 106.7009),
    CityFact("ha-noi", "Hà Nội", "Hanoi", 21.0285, 105.8542),
    CityFact("da-nang", "Đà Nẵng", "Da Nang", 16.0678, 108.2208),
)

# Addresses use the wards in force since 1 July 2025, when districts were abolished.
# Phone numbers are well-formed for each city but not assigned to anybody.
STATIONS: tuple[StationFact, ...] = (
    StationFact(
        code="HCM-01",
        slug="ben-thanh",
        city="ho-chi-minh",
        name="Bến Thành",
        address="Quảng trường Quách Thị Trang, Lê Lợi, Phường Bến Thành, TP. Hồ Chí Minh",
        latitude=10.7719,
        longitude=106.6983,
        phone="028 7300 0001",
        opening_hours=CENTRE,
        bays=28,
    ),
    StationFact(
        code="HCM-02",
        slug="tan-son-nhat",
        city="ho-chi-minh",
        name="Sân bay Tân Sơn Nhất",
        address="Ga quốc nội, Trường Sơn, Phường Tân Sơn Hòa, TP. Hồ Chí Minh",
        latitude=10.8134,
        longitude=106.6646,
        phone="028 7300 0002",
        opening_hours=ALWAYS,
        bays=34,
    ),
    StationFact(
        code="HCM-03",
        slug="landmark-81",
        city="ho-chi-minh",
        name="Landmark 81",
        address="720A Điện Biên Phủ, Phường Thạnh Mỹ Tây, TP. Hồ Chí Minh",
        latitude=10.7950,
        longitude=106.7218,
        phone="028 7300 0003",
        opening_hours=MALL,
        bays=24,
    ),
    StationFact(
        code="HCM-04",
        slug="ga-sai-gon",
        city="ho-chi-minh",
        name="Ga Sài Gòn",
        address="1 Nguyễn Thông, Phường Nhiêu Lộc, TP. Hồ Chí Minh",
        latitude=10.7823,
        longitude=106.6772,
        phone="028 7300 0004",
        opening_hours=HUB,
        bays=20,
    ),
    StationFact(
        code="HCM-05",
        slug="ben-xe-mien-tay",
        city="ho-chi-minh",
        name="Bến xe Miền Tây",
        address="395 Kinh Dương Vương, Phường An Lạc, TP. Hồ Chí Minh",
        latitude=10.7405,
        longitude=106.6184,
        phone="028 7300 0005",
        opening_hours=ALWAYS,
        bays=24,
    ),
    StationFact(
        code="HCM-06",
        slug="ben-xe-mien-dong-moi",
        city="ho-chi-minh",
        name="Bến xe Miền Đông mới",
        address="501 Hoàng Hữu Nam, Phường Long Bình, TP. Hồ Chí Minh",
        latitude=10.8793,
        longitude=106.8157,
        phone="028 7300 0006",
        opening_hours=HUB,
        bays=24,
    ),
    StationFact(
        code="HCM-07",
        slug="thao-dien",
        city="ho-chi-minh",
        name="Thảo Điền",
        address="Vincom Mega Mall, 159 Võ Nguyên Giáp, Phường An Khánh, TP. Hồ Chí Minh",
        latitude=10.8021,
        longitude=106.7409,
        phone="028 7300 0007",
        opening_hours=MALL,
        bays=22,
    ),
    StationFact(
        code="HCM-08",
        slug="phu-my-hung",
        city="ho-chi-minh",
        name="Crescent Mall Phú Mỹ Hưng",
        address="101 Tôn Dật Tiên, Phường Tân Mỹ, TP. Hồ Chí Minh",
        latitude=10.7288,
        longitude=106.7188,
        phone="028 7300 0008",
        opening_hours=MALL,
        bays=24,
    ),
    StationFact(
        code="HCM-09",
        slug="aeon-tan-phu",
        city="ho-chi-minh",
        name="AEON Mall Tân Phú",
        address="30 Tân Thắng, Phường Tân Sơn Nhì, TP. Hồ Chí Minh",
        latitude=10.8015,
        longitude=106.6176,
        phone="028 7300 0009",
        opening_hours=MALL,
        bays=24,
    ),
    StationFact(
        code="HCM-10",
        slug="van-hanh-mall",
        city="ho-chi-minh",
        name="Vạn Hạnh Mall",
        address="11 Sư Vạn Hạnh, Phường Hòa Hưng, TP. Hồ Chí Minh",
        latitude=10.7703,
        longitude=106.6700,
        phone="028 7300 0010",
        opening_hours=MALL,
        bays=18,
    ),
    StationFact(
        code="HCM-11",
        slug="dai-hoc-su-pham-ky-thuat",
        city="ho-chi-minh",
        name="Đại học Sư phạm Kỹ thuật",
        address="1 Võ Văn Ngân, Phường Thủ Đức, TP. Hồ Chí Minh",
        latitude=10.8505,
        longitude=106.7718,
        phone="028 7300 0011",
        opening_hours=CAMPUS,
        bays=20,
    ),
    StationFact(
        code="HAN-01",
        slug="ho-guom",
        city="ha-noi",
        name="Hồ Gươm",
        address="Quảng trường Đông Kinh Nghĩa Thục, Đinh Tiên Hoàng, Phường Hoàn Kiếm, Hà Nội",
        latitude=21.0319,
        longitude=105.8514,
        phone="024 7300 0001",
        opening_hours=CENTRE,
        bays=22,
    ),
    StationFact(
        code="HAN-02",
        slug="ga-ha-noi",
        city="ha-noi",
        name="Ga Hà Nội",
        address="120 Lê Duẩn, Phường Cửa Nam, Hà Nội",
        latitude=21.0245,
        longitude=105.8412,
        phone="024 7300 0002",
        opening_hours=HUB,
        bays=20,
    ),
    StationFact(
        code="HAN-03",
        slug="noi-bai",
        city="ha-noi",
        name="Sân bay Nội Bài",
        address="Nhà ga T1, Cảng hàng không quốc tế Nội Bài, Xã Nội Bài, Hà Nội",
        latitude=21.2152,
        longitude=105.8035,
        phone="024 7300 0003",
        opening_hours=ALWAYS,
        bays=32,
    ),
    StationFact(
        code="HAN-04",
        slug="ben-xe-my-dinh",
        city="ha-noi",
        name="Bến xe Mỹ Đình",
        address="20 Phạm Hùng, Phường Từ Liêm, Hà Nội",
        latitude=21.0284,
        longitude=105.7783,
        phone="024 7300 0004",
        opening_hours=HUB,
        bays=24,
    ),
    StationFact(
        code="HAN-05",
        slug="royal-city",
        city="ha-noi",
        name="Royal City",
        address="72A Nguyễn Trãi, Phường Thanh Xuân, Hà Nội",
        latitude=21.0031,
        longitude=105.8157,
        phone="024 7300 0005",
        opening_hours=MALL,
        bays=22,
    ),
    StationFact(
        code="HAN-06",
        slug="times-city",
        city="ha-noi",
        name="Times City",
        address="458 Minh Khai, Phường Vĩnh Tuy, Hà Nội",
        latitude=20.9954,
        longitude=105.8681,
        phone="024 7300 0006",
        opening_hours=MALL,
        bays=22,
    ),
    StationFact(
        code="HAN-07",
        slug="lotte-mall-tay-ho",
        city="ha-noi",
        name="Lotte Mall Tây Hồ",
        address="272 Võ Chí Công, Phường Phú Thượng, Hà Nội",
        latitude=21.0757,
        longitude=105.8129,
        phone="024 7300 0007",
        opening_hours=MALL,
        bays=22,
    ),
    StationFact(
        code="HAN-08",
        slug="dai-hoc-bach-khoa",
        city="ha-noi",
        name="Đại học Bách khoa Hà Nội",
        address="1 Đại Cồ Việt, Phường Bạch Mai, Hà Nội",
        latitude=21.0070,
        longitude=105.8431,
        phone="024 7300 0008",
        opening_hours=CAMPUS,
        bays=20,
    ),
    StationFact(
        code="DAN-01",
        slug="san-bay-da-nang",
        city="da-nang",
        name="Sân bay Đà Nẵng",
        address="Ga quốc nội, Nguyễn Văn Linh, Phường Hòa Cường, Đà Nẵng",
        latitude=16.0556,
        longitude=108.2029,
        phone="0236 730 0001",
        opening_hours=ALWAYS,
        bays=30,
    ),
    StationFact(
        code="DAN-02",
        slug="cho-han",
        city="da-nang",
        name="Chợ Hàn",
        address="119 Trần Phú, Phường Hải Châu, Đà Nẵng",
        latitude=16.0682,
        longitude=108.2243,
        phone="0236 730 0002",
        opening_hours=CENTRE,
        bays=20,
    ),
    StationFact(
        code="DAN-03",
        slug="ga-da-nang",
        city="da-nang",
        name="Ga Đà Nẵng",
        address="791 Hải Phòng, Phường Thanh Khê, Đà Nẵng",
        latitude=16.0718,
        longitude=108.2094,
        phone="0236 730 0003",
        opening_hours=HUB,
        bays=20,
    ),
    StationFact(
        code="DAN-04",
        slug="bien-my-khe",
        city="da-nang",
        name="Biển Mỹ Khê",
        address="Công viên Biển Đông, Võ Nguyên Giáp, Phường An Hải, Đà Nẵng",
        latitude=16.0712,
        longitude=108.2447,
        phone="0236 730 0004",
        opening_hours=CENTRE,
        bays=24,
    ),
    StationFact(
        code="DAN-05",
        slug="ben-xe-da-nang",
        city="da-nang",
        name="Bến xe Trung tâm Đà Nẵng",
        address="201 Tôn Đức Thắng, Phường Hòa Khánh, Đà Nẵng",
        latitude=16.0563,
        longitude=108.1722,
        phone="0236 730 0005",
        opening_hours=HUB,
        bays=20,
    ),
)


def stations_in(city_slug: str) -> tuple[StationFact, ...]:
    """The stations of one city, in code order."""
    return tuple(station for station in STATIONS if station.city == city_slug)
