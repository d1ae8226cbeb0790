"""Made-up people with names, numbers, dates and licences as Vietnamese papers carry them; nobody is real."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

# The day on which the papers are looked at. Sets must not change with the calendar.
TODAY = date(2026, 11, 2)
FIRST_CHIP_CARD = date(2021, 2, 1)
FIRST_CARD_OF_2024 = date(2024, 7, 1)
FIRST_LICENCE_OF_2025 = date(2025, 3, 1)

PLACES = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "010": "Lào Cai",
    "019": "Thái Nguyên",
    "022": "Quảng Ninh",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "034": "Thái Bình",
    "036": "Nam Định",
    "038": "Thanh Hóa",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "046": "Thừa Thiên Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "052": "Bình Định",
    "056": "Khánh Hòa",
    "066": "Đắk Lắk",
    "068": "Lâm Đồng",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa - Vũng Tàu",
    "079": "Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "086": "Vĩnh Long",
    "089": "An Giang",
    "092": "Cần Thơ",
    "096": "Cà Mau",
}
# Weighted roughly as surnames are borne.
SURNAMES = (
    *("Nguyễn",) * 9,
    *("Trần",) * 4,
    *("Lê",) * 3,
    *("Phạm",) * 2,
    *"Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trương Lưu Ông Ưng Mạc Từ Ứng Ớt Ô Y Đàm Kiều".split(),
)
MIDDLES_M = "Văn Hữu Đức Công Quang Minh Đình Xuân Quốc Thành Ngọc Gia Bá Trọng Thế Anh Hoàng".split()
MIDDLES_F = "Thị Ngọc Thu Thanh Phương Kim Mỹ Bích Diệu Hồng Quỳnh Thùy Khánh Cẩm Ánh Tường".split()
GIVEN_M = (
    "Dũng Hùng Cường Sơn Tuấn Nghĩa Phước Thịnh Đạt Bảo Khôi Trường Vỹ Đăng Tiến Lâm Kiệt Hiếu Thuận Quyền "
    "Ân Ý Lợi Trí Nhật Khương Đệ Bường Chưởng"
).split()
GIVEN_F = (
    "Hương Hằng Nhung Yến Tuyết Trâm Vy Thảo Đào Phượng Lệ Như Ngân Duyên Loan Hạnh Nguyệt Thơ Mận Xuyến "
    "Ửng Diễm Hậu Thủy Ngoãn Út"
).split()
STREETS = (
    "Trần Hưng Đạo|Lê Lợi|Nguyễn Huệ|Điện Biên Phủ|Cách Mạng Tháng Tám|Võ Thị Sáu|Hai Bà Trưng|Phan Đình Phùng|"
    "Lý Thường Kiệt|Nguyễn Thị Minh Khai|Tôn Đức Thắng|Bạch Đằng"
).split("|")
WARDS = (
    "Phường Bến Nghé|Phường Đa Kao|Xã Tân Thông Hội|Phường Cẩm Lệ|Xã Ea Tu|Phường Thượng Đình|Xã Phước Đồng|"
    "Phường An Hòa|Xã Đại Nghĩa|Phường Ô Chợ Dừa|Thị trấn Vĩnh Thạnh|Phường Thủy Xuân"
).split("|")
DISTRICTS = (
    "Quận 1|Quận Ba Đình|Huyện Củ Chi|Quận Cẩm Lệ|Thành phố Buôn Ma Thuột|Quận Thanh Xuân|Huyện Mỹ Đức|"
    "Thành phố Thủ Đức|Quận Đống Đa|Huyện Cờ Đỏ|Thị xã Hương Thủy"
).split("|")
FEATURES = (
    "Sẹo chấm c: 1,5cm dưới trước đuôi mắt trái|Nốt ruồi c: 2cm trên sau cánh mũi phải|"
    "Sẹo chấm c: 0,8cm trên sau mép phải|Nốt ruồi c: 3cm dưới sau đuôi lông mày trái"
).split("|")


@dataclass(frozen=True)
class Person:
    """What the papers of one made-up person say. `expires_on` is None on papers that do not run out."""

    seed: int
    number: str
    full_name: str
    born_on: date
    sex: str
    address: str
    origin: str
    features: str
    old_number: str
    card_form: int
    issued_on: date
    expires_on: date | None
    licence_form: int
    licence_number: str
    licence_classes: tuple[str, ...]
    licence_issued_on: date
    licence_expires_on: date | None
    # The test was passed some days before the licence was written.
    tested_on: date
    passport_number: str
    passport_issued_on: date
    passport_expires_on: date
    # Portraits drawn from the same seed are of the same person.
    face: int

    @property
    def age(self) -> int:
        return age_on(self.born_on, TODAY)


def age_on(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def anniversary(day: date, years: int) -> date:
    """The same day `years` later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def folded(name: str) -> str:
    """A name in the letters of a machine readable zone, with spaces."""
    plain = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def citizen_number(rng: random.Random, *, province: str, sex: str, born_on: date) -> str:
    century = 2 * (born_on.year // 100 - 19) + (sex == "F")
    return f"{province}{century}{born_on.year % 100:02d}{rng.randrange(1_000_000):06d}"


def make_name(rng: random.Random, sex: str) -> str:
    surname = rng.choice(SURNAMES)
    middles = MIDDLES_M if sex == "M" else MIDDLES_F
    count = rng.choices((0, 1, 2, 3), weights=(8, 62, 24, 6))[0]
    return " ".join((surname, *rng.sample(middles, count), rng.choice(GIVEN_M if sex == "M" else GIVEN_F)))


def _between(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))


def card_expiry(born_on: date, issued_on: date) -> date | None:
    """Good to the next birthday of renewal; a card from the two years before one lasts to the one after it."""
    for age in (25, 40, 60):
        birthday = anniversary(born_on, age)
        if anniversary(issued_on, 2) < birthday:
            return birthday
    return None


def make_person(seed: int, *, card_form: int | None = None, licence_form: int | None = None) -> Person:
    """Make the person of this seed: an adult whose papers are all good on `TODAY`.

    `card_form` is 2021 or 2024; `licence_form` 2012 or 2025.
    """
    rng = random.Random(f"person {seed}")
    sex = rng.choice("MF")
    card_form = card_form or rng.choice((2021, 2024))
    licence_form = licence_form or rng.choice((2012, 2025))
    first, last = (
        (FIRST_CHIP_CARD, date(2024, 6, 28)) if card_form == 2021 else (FIRST_CARD_OF_2024, date(2026, 9, 30))
    )
    while True:
        born_on = _between(rng, date(1956, 1, 1), date(2005, 12, 31))
        issued_on = _between(rng, first, last)
        expires_on = card_expiry(born_on, issued_on)
        if expires_on is None or expires_on > TODAY + timedelta(days=90):
            break
    province = rng.choice(list(PLACES))
    name = make_name(rng, sex)
    home = rng.choice(list(PLACES.values()))
    address = (
        f"{rng.randrange(1, 400)} {rng.choice(STREETS)}, {rng.choice(WARDS)}, {rng.choice(DISTRICTS)}, {home}"
    )
    origin = f"{rng.choice(WARDS).split(' ', 1)[1]}, {rng.choice(DISTRICTS)}, {PLACES[province]}"
    licence = _licence(rng, born_on, sex, form=licence_form)
    passport_issued_on = _between(rng, date(2019, 1, 1), date(2025, 12, 31))
    year = licence[1].year if licence_form == 2025 else anniversary(born_on, 18).year + rng.randrange(3)
    return Person(
        seed=seed,
        number=citizen_number(rng, province=province, sex=sex, born_on=born_on),
        full_name=name,
        born_on=born_on,
        sex=sex,
        address=address,
        origin=origin,
        features=rng.choice(FEATURES),
        old_number=f"{rng.randrange(100_000_000, 400_000_000)}" if rng.random() < 0.7 else "",
        card_form=card_form,
        issued_on=issued_on,
        expires_on=expires_on,
        licence_form=licence_form,
        licence_number=f"{province[1:]}{int(sex == 'F')}{year % 100:02d}{rng.randrange(10_000_000):07d}",
        licence_classes=licence[0],
        licence_issued_on=licence[1],
        licence_expires_on=licence[2],
        tested_on=licence[1] - timedelta(days=rng.randrange(3, 40)),
        passport_number=f"{rng.choice('BCEKNP')}{rng.randrange(10_000_000):07d}",
        passport_issued_on=passport_issued_on,
        passport_expires_on=anniversary(passport_issued_on, 10),
        face=seed,
    )


def _licence(
    rng: random.Random, born_on: date, sex: str, *, form: int
) -> tuple[tuple[str, ...], date, date | None]:
    """Classes, day of issue and expiry of a licence that is good today."""
    adult = anniversary(born_on, 18) + timedelta(days=60)
    if form == 2025:
        classes = rng.choice((("A1",), ("A",), ("A1", "B"), ("A", "B"), ("B",), ("C1",), ("A1", "C1")))
        first, last = FIRST_LICENCE_OF_2025, date(2026, 9, 30)
    else:
        classes = rng.choice(
            (("A1",), ("A2",), ("A1", "B1"), ("A1", "B2"), ("B2",), ("A1", "C"), ("A2", "B2"))
        )
        first, last = max(adult, date(2014, 1, 1)), date(2024, 12, 20)
    while True:
        issued_on = _between(rng, first, last)
        expires_on = licence_expiry(classes, issued_on, born_on, sex)
        if expires_on is None or expires_on > TODAY + timedelta(days=90):
            return classes, issued_on, expires_on


def licence_expiry(classes: tuple[str, ...], issued_on: date, born_on: date, sex: str) -> date | None:
    """Motorcycles for good, cars ten years, heavy trucks of the old law five; the old B1 to an age."""
    name = classes[-1]
    if name == "B1":
        end = anniversary(born_on, 55 if sex == "F" else 60)
        is_late = anniversary(born_on, 45 if sex == "F" else 50) <= issued_on
        return anniversary(issued_on, 10) if is_late else end
    years = {"B": 10, "B2": 10, "C1": 10, "C": 5}.get(name)
    return anniversary(issued_on, years) if years else None
