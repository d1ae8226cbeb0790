"""Vehicle models and plates; figures are the makers' published values (claimed range, peak motor power)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["scooter", "car"]
Category = Literal["moped", "motorbike", "car"]

# Road Traffic Order and Safety Law 2024: a moped is limited to both of these, needs no licence
# and may be ridden from 16; a motorbike up to 11 kW needs class A1, above that class A.
MOPED_MAX_SPEED_KMH = 50
MOPED_MAX_POWER_KW = Decimal(4)
A1_MAX_POWER_KW = Decimal(11)


@dataclass(frozen=True, slots=True)
class TariffFact:
    """Prices of one model in whole đồng, VAT included."""

    hour: int
    day: int
    week: int
    month: int
    deposit: int


@dataclass(frozen=True, slots=True)
class VehicleModelFact:
    """A model in the fleet; `drawing` is a file name in static/img/vehicles."""

    slug: str
    maker: str
    name: str
    kind: Kind
    category: Category
    seats: int
    battery_kwh: Decimal
    range_km: int
    power_kw: Decimal
    max_speed_kmh: int
    launched_year: int
    description_vi: str
    description_en: str
    drawing: str
    tariff: TariffFact

    @property
    def licence_class(self) -> str | None:
        """The Vietnamese licence class a renter needs, or None for a moped."""
        if self.category == "moped":
            return None
        if self.category == "car":
            return "B"
        return "A1" if self.power_kw <= A1_MAX_POWER_KW else "A"


MODELS: tuple[VehicleModelFact, ...] = (
    VehicleModelFact(
        slug="vinfast-impes",
        maker="VinFast",
        name="Impes",
        kind="scooter",
        category="moped",
        seats=2,
        battery_kwh=Decimal("1.1"),
        range_km=68,
        power_kw=Decimal("1.7"),
        max_speed_kmh=49,
        launched_year=2019,
        description_vi="Xe gắn máy điện nhỏ, nhẹ, không cần bằng lái. Hợp với quãng ngắn trong nội thành.",
        description_en="A small, light moped that needs no driving licence. Made for short hops in town.",
        drawing="moped-light.svg",
        tariff=TariffFact(hour=20_000, day=120_000, week=720_000, month=2_400_000, deposit=1_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-evo200-lite",
        maker="VinFast",
        name="Evo200 Lite",
        kind="scooter",
        category="moped",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=205,
        power_kw=Decimal("2.45"),
        max_speed_kmh=49,
        launched_year=2022,
        description_vi="Bản giới hạn 49 km/h của Evo200: không cần bằng lái, đi được từ 16 tuổi. "
        "Pin LFP đủ dùng vài ngày đi học, đi làm.",
        description_en="The Evo200 limited to 49 km/h: no licence needed, from age 16. "
        "Its LFP battery lasts several days of commuting.",
        drawing="moped-light.svg",
        tariff=TariffFact(hour=25_000, day=140_000, week=840_000, month=2_800_000, deposit=1_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-evo200",
        maker="VinFast",
        name="Evo200",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=203,
        power_kw=Decimal("2.5"),
        max_speed_kmh=70,
        launched_year=2022,
        description_vi="Xe tay ga điện gọn, yên thấp 750 mm, dễ chống chân. Tối đa 70 km/h, cần bằng A1.",
        description_en="A compact electric scooter with a low 750 mm seat that is easy to hold upright. "
        "Up to 70 km/h, class A1 licence.",
        drawing="scooter-classic.svg",
        tariff=TariffFact(hour=25_000, day=150_000, week=900_000, month=3_000_000, deposit=1_500_000),
    ),
    VehicleModelFact(
        slug="vinfast-feliz-s",
        maker="VinFast",
        name="Feliz S",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=198,
        power_kw=Decimal("3.0"),
        max_speed_kmh=78,
        launched_year=2022,
        description_vi="Xe tay ga dáng thẳng, sàn phẳng rộng, cốp 25 lít. Chở hai người thoải mái trong phố.",
        description_en="An upright scooter with a wide flat floor and 25 litres under the seat. "
        "Comfortable for two around town.",
        drawing="scooter-urban.svg",
        tariff=TariffFact(hour=28_000, day=165_000, week=990_000, month=3_400_000, deposit=1_500_000),
    ),
    VehicleModelFact(
        slug="vinfast-klara-s",
        maker="VinFast",
        name="Klara S",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=194,
        power_kw=Decimal("3.0"),
        max_speed_kmh=78,
        launched_year=2022,
        description_vi="Dáng cổ điển mềm mại, đèn LED toàn bộ. "
        "Bản 2022 dùng pin LFP và chịu được đường ngập.",
        description_en="Soft classic lines and full LED lighting. The 2022 version has an LFP battery "
        "and is sealed for flooded streets.",
        drawing="scooter-classic.svg",
        tariff=TariffFact(hour=30_000, day=180_000, week=1_080_000, month=3_700_000, deposit=2_000_000),
    ),
    VehicleModelFact(
        slug="honda-cuv-e",
        maker="Honda",
        name="CUV e:",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("2.6"),
        range_km=70,
        power_kw=Decimal("6.0"),
        max_speed_kmh=83,
        launched_year=2025,
        description_vi="Hai pin rời Honda Mobile Power Pack e:, ba chế độ lái và số lùi. "
        "Tăng tốc nhanh, hợp đi trong phố.",
        description_en="Two swappable Honda Mobile Power Pack e: batteries, three riding modes and reverse. "
        "Quick off the line, best within the city.",
        drawing="scooter-urban.svg",
        tariff=TariffFact(hour=35_000, day=210_000, week=1_260_000, month=4_400_000, deposit=2_500_000),
    ),
    VehicleModelFact(
        slug="vinfast-vento-s",
        maker="VinFast",
        name="Vento S",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=160,
        power_kw=Decimal("5.2"),
        max_speed_kmh=89,
        launched_year=2022,
        description_vi="Động cơ đặt bên, bứt tốc tốt, phanh ABS bánh trước. "
        "Dành cho người quen đi xe 125 phân khối.",
        description_en="A side-mounted motor with strong pull and ABS on the front wheel. "
        "For riders used to a 125 cc scooter.",
        drawing="scooter-sport.svg",
        tariff=TariffFact(hour=38_000, day=220_000, week=1_320_000, month=4_600_000, deposit=2_500_000),
    ),
    VehicleModelFact(
        slug="vinfast-theon-s",
        maker="VinFast",
        name="Theon S",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("3.5"),
        range_km=150,
        power_kw=Decimal("7.1"),
        max_speed_kmh=99,
        launched_year=2022,
        description_vi="Mẫu tay ga điện mạnh nhất của VinFast, phanh ABS, gần 100 km/h. "
        "Chạy đường trường tự tin.",
        description_en="VinFast's most powerful scooter, with ABS and close to 100 km/h. "
        "Sure-footed on the open road.",
        drawing="scooter-sport.svg",
        tariff=TariffFact(hour=42_000, day=250_000, week=1_500_000, month=5_200_000, deposit=3_000_000),
    ),
    VehicleModelFact(
        slug="dat-bike-quantum",
        maker="Dat Bike",
        name="Quantum",
        kind="scooter",
        category="motorbike",
        seats=2,
        battery_kwh=Decimal("6.1"),
        range_km=270,
        power_kw=Decimal("7.0"),
        max_speed_kmh=100,
        launched_year=2024,
        description_vi="Xe điện thiết kế và lắp ráp tại Việt Nam, pin 72 V 85 Ah. "
        "Đi xa nhất trong đội xe hai bánh.",
        description_en="Designed and built in Vietnam, with a 72 V 85 Ah battery. "
        "It goes the furthest of our two-wheelers.",
        drawing="scooter-sport.svg",
        tariff=TariffFact(hour=42_000, day=250_000, week=1_500_000, month=5_200_000, deposit=3_000_000),
    ),
    VehicleModelFact(
        slug="wuling-mini-ev",
        maker="Wuling",
        name="Mini EV",
        kind="car",
        category="car",
        seats=4,
        battery_kwh=Decimal("13.4"),
        range_km=170,
        power_kw=Decimal(20),
        max_speed_kmh=100,
        launched_year=2023,
        description_vi="Ô tô điện dài chưa tới 3 mét, hai cửa, bốn chỗ, rất dễ đỗ. "
        "Hợp đi chợ, đưa đón trong phố.",
        description_en="Under three metres long, two doors, four seats and very easy to park. "
        "For errands and school runs in town.",
        drawing="city-car.svg",
        tariff=TariffFact(hour=70_000, day=500_000, week=3_000_000, month=10_000_000, deposit=5_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-vf-3",
        maker="VinFast",
        name="VF 3",
        kind="car",
        category="car",
        seats=4,
        battery_kwh=Decimal("18.64"),
        range_km=210,
        power_kw=Decimal(30),
        max_speed_kmh=100,
        launched_year=2024,
        description_vi="Ô tô mini vuông vức, gầm cao, mâm 16 inch. "
        "Gọn trong ngõ, thoáng gầm khi qua đường xấu.",
        description_en="A boxy mini car with high ground clearance and 16-inch wheels. "
        "Small enough for alleys, with clearance for bad roads.",
        drawing="city-suv.svg",
        tariff=TariffFact(hour=85_000, day=600_000, week=3_600_000, month=12_000_000, deposit=5_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-vf-5-plus",
        maker="VinFast",
        name="VF 5 Plus",
        kind="car",
        category="car",
        seats=5,
        battery_kwh=Decimal("37.23"),
        range_km=326,
        power_kw=Decimal(100),
        max_speed_kmh=130,
        launched_year=2023,
        description_vi="SUV cỡ A năm chỗ, cốp 260 lít. Đủ pin cho một ngày đi chơi ngoại thành.",
        description_en="A five-seat small crossover with a 260-litre boot. "
        "Enough range for a day trip out of town.",
        drawing="suv-small.svg",
        tariff=TariffFact(hour=115_000, day=800_000, week=4_800_000, month=16_500_000, deposit=7_000_000),
    ),
    VehicleModelFact(
        slug="byd-dolphin",
        maker="BYD",
        name="Dolphin",
        kind="car",
        category="car",
        seats=5,
        battery_kwh=Decimal("44.9"),
        range_km=405,
        power_kw=Decimal(70),
        max_speed_kmh=150,
        launched_year=2024,
        description_vi="Hatchback năm chỗ, trục cơ sở 2,7 mét nên hàng ghế sau rộng. Pin Blade LFP.",
        description_en="A five-seat hatchback whose 2.7 m wheelbase leaves ample room in the rear. "
        "LFP Blade battery.",
        drawing="hatchback.svg",
        tariff=TariffFact(hour=130_000, day=900_000, week=5_400_000, month=18_500_000, deposit=8_000_000),
    ),
    VehicleModelFact(
        slug="byd-atto-3",
        maker="BYD",
        name="Atto 3",
        kind="car",
        category="car",
        seats=5,
        battery_kwh=Decimal("60.48"),
        range_km=480,
        power_kw=Decimal(150),
        max_speed_kmh=160,
        launched_year=2024,
        description_vi="SUV gia đình cỡ vừa, bản Premium, cửa sổ trời toàn cảnh. "
        "Đi liên tỉnh không lo hết pin.",
        description_en="A family SUV, Premium trim, with a panoramic roof. "
        "Has the range for trips between provinces.",
        drawing="suv-small.svg",
        tariff=TariffFact(hour=170_000, day=1_200_000, week=7_200_000, month=25_000_000, deposit=10_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-vf-8-eco",
        maker="VinFast",
        name="VF 8 Eco",
        kind="car",
        category="car",
        seats=5,
        battery_kwh=Decimal("87.7"),
        range_km=471,
        power_kw=Decimal(260),
        max_speed_kmh=200,
        launched_year=2022,
        description_vi="SUV cỡ D năm chỗ, hai động cơ, dẫn động bốn bánh. Thoải mái cho chuyến đi dài ngày.",
        description_en="A five-seat mid-size SUV with two motors and all-wheel drive. "
        "Comfortable for journeys of several days.",
        drawing="suv-large.svg",
        tariff=TariffFact(hour=215_000, day=1_500_000, week=9_000_000, month=31_500_000, deposit=12_000_000),
    ),
    VehicleModelFact(
        slug="vinfast-vf-9-eco",
        maker="VinFast",
        name="VF 9 Eco",
        kind="car",
        category="car",
        seats=7,
        battery_kwh=Decimal("92.0"),
        range_km=438,
        power_kw=Decimal(300),
        max_speed_kmh=200,
        launched_year=2023,
        description_vi="SUV cỡ lớn ba hàng ghế, bảy chỗ, dài hơn 5,1 mét. Dành cho cả gia đình cùng hành lý.",
        description_en="A full-size SUV with three rows and seven seats, over 5.1 m long. "
        "Room for a whole family and its luggage.",
        drawing="suv-seven.svg",
        tariff=TariffFact(hour=285_000, day=2_000_000, week=12_000_000, month=42_000_000, deposit=15_000_000),
    ),
)

# Registration prefix of each city per kind, and series letters the police have issued there.
_CAR_SERIES: dict[str, tuple[str, str]] = {
    "ho-chi-minh": ("51", "KLMN"),
    "ha-noi": ("30", "KLM"),
    "da-nang": ("43", "AB"),
}
_MOTORBIKE_SERIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ho-chi-minh": ("59", ("X1", "X2", "Y1", "T2")),
    "ha-noi": ("29", ("B1", "D2", "E1", "S6")),
    "da-nang": ("43", ("C1", "D1", "E1")),
}


def plate_for(city_slug: str, kind: Kind, index: int) -> str:
    """A plausible plate, unique within a city and kind for every index from 0 to 89 999."""
    if not 0 <= index < 90_000:
        raise ValueError(f"index out of range: {index}")
    # 7919 is coprime to 90 000, so the step visits every number once and neighbours look unrelated.
    number = f"{10_000 + (index * 7_919 + 13_579) % 90_000}"
    digits = f"{number[:3]}.{number[3:]}"
    if kind == "car":
        prefix, letters = _CAR_SERIES[city_slug]
        return f"{prefix}{letters[index % len(letters)]}-{digits}"
    prefix, series = _MOTORBIKE_SERIES[city_slug]
    return f"{prefix}-{series[index % len(series)]} {digits}"
