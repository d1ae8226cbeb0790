"""Fictitious people for the demo: login personas, named renters, generated past renters and station staff."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from rentals.demo.places import STATIONS, StationFact

Language = Literal["vi", "en"]
Role = Literal["renter", "attendant", "supervisor", "operator", "finance", "owner"]
# Where a renter's papers stand: checked and valid, sent and waiting for a check, licence run out,
# shut out by staff, or nothing sent yet.
Standing = Literal["verified", "waiting", "expired", "blocked", "new"]
LicenceClass = Literal["A1", "A", "B"]

DOMAIN = "demo.voltgo.vn"


@dataclass(frozen=True, slots=True)
class PersonFact:
    """A demo account; licence dates are days relative to today so that the demo never goes stale."""

    email: str
    full_name: str
    phone: str
    born_on: date
    language: Language = "vi"
    role: Role = "renter"
    standing: Standing | None = None  # None for staff
    city: str | None = None
    station_code: str | None = None  # attendants and supervisors only
    nationality: str = "VN"
    licence_classes: tuple[LicenceClass, ...] = ()  # none: mopeds only
    licence_number: str | None = None
    licence_expires_in_days: int | None = None  # None: no expiry (A1, A) or no licence
    identity_kind: Literal["cccd", "passport"] | None = None
    identity_number: str | None = None

    def licence_expires_on(self, today: date) -> date | None:
        """The day the licence runs out, seen from `today`."""
        if self.licence_expires_in_days is None:
            return None
        return today + timedelta(days=self.licence_expires_in_days)


# All phones share the 0900 000 block and all identity numbers end in a 99 block: well-formed,
# yet not anybody's.
PERSONAS: dict[str, PersonFact] = {
    "verified": PersonFact(
        email=f"anh@{DOMAIN}",
        full_name="Nguyễn Minh Anh",
        phone="0900 000 001",
        born_on=date(1995, 3, 14),
        standing="verified",
        city="ho-chi-minh",
        licence_classes=("A1", "B"),
        licence_number="790195990001",
        licence_expires_in_days=6 * 365 + 41,
        identity_kind="cccd",
        identity_number="079195990001",
    ),
    "waiting": PersonFact(
        email=f"bao@{DOMAIN}",
        full_name="Trần Quốc Bảo",
        phone="0900 000 002",
        born_on=date(1999, 11, 2),
        standing="waiting",
        city="ha-noi",
        licence_classes=("A1",),
        licence_number="010199990002",
        identity_kind="cccd",
        identity_number="001099990002",
    ),
    "expired": PersonFact(
        email=f"cuc@{DOMAIN}",
        full_name="Lê Thị Cúc",
        phone="0900 000 003",
        born_on=date(1986, 7, 25),
        standing="expired",
        city="da-nang",
        licence_classes=("A1", "B"),
        licence_number="480186990003",
        licence_expires_in_days=-12,
        identity_kind="cccd",
        identity_number="048186990003",
    ),
    "blocked": PersonFact(
        email=f"dung@{DOMAIN}",
        full_name="Phạm Văn Dũng",
        phone="0900 000 004",
        born_on=date(1991, 1, 30),
        standing="blocked",
        city="ho-chi-minh",
        licence_classes=("A1", "B"),
        licence_number="790191990004",
        licence_expires_in_days=2 * 365 + 77,
        identity_kind="cccd",
        identity_number="079091990004",
    ),
    "new": PersonFact(
        email=f"an@{DOMAIN}",
        full_name="Võ Hoài An",
        phone="0900 000 005",
        born_on=date(2003, 5, 18),
        standing="new",
        city="da-nang",
    ),
    "operator": PersonFact(
        email=f"operator@{DOMAIN}",
        full_name="Đặng Thu Hà",
        phone="0900 000 006",
        born_on=date(1988, 9, 9),
        role="operator",
    ),
    "owner": PersonFact(
        email=f"owner@{DOMAIN}",
        full_name="Huỳnh Đức Long",
        phone="0900 000 007",
        born_on=date(1979, 12, 1),
        role="owner",
    ),
    # Two of them: whoever starts a large refund, or keys in a transfer, does not approve it too.
    "finance": PersonFact(
        email=f"finance@{DOMAIN}",
        full_name="Bùi Thanh Mai",
        phone="0900 000 008",
        born_on=date(1990, 4, 18),
        role="finance",
    ),
    "checker": PersonFact(
        email=f"finance-2@{DOMAIN}",
        full_name="Ngô Gia Bảo",
        phone="0900 000 010",
        born_on=date(1984, 10, 6),
        role="finance",
    ),
}


def _renter(
    serial: int,
    full_name: str,
    born_on: date,
    city: str,
    classes: tuple[LicenceClass, ...],
    gender: Literal["f", "m"],
) -> PersonFact:
    return _vietnamese(
        email=f"{_ascii(full_name).replace(' ', '.')}@{DOMAIN}",
        full_name=full_name,
        serial=serial,
        born_on=born_on,
        city=city,
        classes=classes,
        gender=gender,
        licence_days=900 + serial * 37,
    )


def _vietnamese(
    *,
    email: str,
    full_name: str,
    serial: int,
    born_on: date,
    city: str,
    classes: tuple[LicenceClass, ...],
    gender: Literal["f", "m"],
    licence_days: int,
) -> PersonFact:
    province = _PROVINCE_CODES[city]
    # Citizen numbers: province, a digit for century and sex, year of birth, then a serial number.
    century_sex = (0 if born_on.year < 2000 else 2) + (1 if gender == "f" else 0)
    year = born_on.year % 100
    return PersonFact(
        email=email,
        full_name=full_name,
        phone=f"0900 000 {serial:03d}",
        born_on=born_on,
        standing="verified",
        city=city,
        licence_classes=classes,
        licence_number=f"{province[1:]}0{century_sex}{year:02d}99{serial:04d}" if classes else None,
        licence_expires_in_days=licence_days if "B" in classes else None,
        identity_kind="cccd",
        identity_number=f"{province}{century_sex}{year:02d}99{serial:04d}",
    )


def _ascii(text: str) -> str:
    """Lower case without diacritics, for addresses: "Đặng Thu Hà" gives "dang thu ha"."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(char for char in plain if not unicodedata.combining(char))


_PROVINCE_CODES = {"ho-chi-minh": "079", "ha-noi": "001", "da-nang": "048"}

RENTERS: tuple[PersonFact, ...] = (
    _renter(11, "Nguyễn Thị Thanh Mai", date(1997, 4, 8), "ho-chi-minh", ("A1",), "f"),
    _renter(12, "Lê Hoàng Phúc", date(1992, 10, 21), "ho-chi-minh", ("A1", "B"), "m"),
    _renter(13, "Trương Gia Hân", date(2001, 2, 12), "ho-chi-minh", ("A1",), "f"),
    _renter(14, "Bùi Quang Huy", date(1984, 6, 3), "ho-chi-minh", ("A", "B"), "m"),
    _renter(15, "Ngô Khánh Linh", date(2004, 8, 29), "ho-chi-minh", (), "f"),
    _renter(16, "Đỗ Mạnh Cường", date(1989, 12, 17), "ha-noi", ("A1", "B"), "m"),
    _renter(17, "Hoàng Thị Thu Trang", date(1994, 1, 5), "ha-noi", ("A1", "B"), "f"),
    _renter(18, "Vũ Đình Nam", date(1998, 9, 23), "ha-noi", ("A1",), "m"),
    _renter(19, "Phan Ngọc Diệp", date(2000, 3, 31), "ha-noi", ("A1",), "f"),
    _renter(20, "Đinh Công Thành", date(1977, 5, 11), "da-nang", ("A1", "B"), "m"),
    _renter(21, "Trần Thị Mỹ Duyên", date(1996, 7, 7), "da-nang", ("A1", "B"), "f"),
    _renter(22, "Hồ Tấn Tài", date(1993, 11, 14), "da-nang", ("A1",), "m"),
    # Foreigners drive on an international permit, which the portal records with its own classes.
    PersonFact(
        email=f"emma.larsson@{DOMAIN}",
        full_name="Emma Larsson",
        phone="0900 000 023",
        born_on=date(1990, 8, 16),
        language="en",
        standing="verified",
        city="da-nang",
        nationality="SE",
        licence_classes=("A1", "B"),
        licence_number="IDP-SE-990023",
        licence_expires_in_days=420,
        identity_kind="passport",
        identity_number="AA9900023",
    ),
    PersonFact(
        email=f"daniel.okafor@{DOMAIN}",
        full_name="Daniel Okafor",
        phone="0900 000 024",
        born_on=date(1987, 2, 27),
        language="en",
        standing="verified",
        city="ho-chi-minh",
        nationality="GB",
        licence_classes=("B",),
        licence_number="IDP-GB-990024",
        licence_expires_in_days=260,
        identity_kind="passport",
        identity_number="990000024",
    ),
)

# Surnames repeated roughly as often as they occur in Vietnam.
SURNAMES: tuple[str, ...] = (
    *("Nguyễn",) * 12,
    *("Trần",) * 5,
    *("Lê",) * 4,
    *("Phạm",) * 3,
    *("Hoàng", "Huỳnh", "Vũ", "Võ", "Phan") * 2,
    *("Trương", "Bùi", "Đặng", "Đỗ", "Ngô", "Hồ", "Dương", "Đinh", "Lý", "Mai", "Tạ", "Châu"),
)
MIDDLE_NAMES_F: tuple[str, ...] = (
    "Thị",
    "Ngọc",
    "Thu",
    "Thanh",
    "Khánh",
    "Phương",
    "Bảo",
    "Mỹ",
    "Hồng",
    "Kim",
)
GIVEN_NAMES_F: tuple[str, ...] = (
    *("Anh", "Chi", "Dung", "Giang", "Hà", "Hạnh", "Hiền", "Hoa", "Hương", "Lan", "Linh", "Loan", "Ly"),
    *("Mai", "My", "Nga", "Ngân", "Nhi", "Nhung", "Oanh", "Phượng", "Quyên", "Quỳnh", "Thảo", "Thủy"),
    *("Tiên", "Trâm", "Trang", "Trinh", "Tuyết", "Uyên", "Vân", "Vy", "Yến"),
)
MIDDLE_NAMES_M: tuple[str, ...] = (
    *("Văn", "Đức", "Minh", "Quang", "Hoàng", "Gia", "Quốc", "Tuấn", "Hữu", "Công", "Thành", "Xuân"),
)
GIVEN_NAMES_M: tuple[str, ...] = (
    *("An", "Bình", "Cường", "Đạt", "Duy", "Hải", "Hiếu", "Hùng", "Huy", "Khang", "Khoa", "Kiên", "Lâm"),
    *("Long", "Nam", "Nghĩa", "Nhân", "Phát", "Phong", "Phúc", "Quân", "Sơn", "Tâm", "Thắng", "Thịnh"),
    *("Toàn", "Trí", "Trung", "Tú", "Tùng", "Việt", "Vinh", "Vũ"),
)


def _name(rng: random.Random, gender: Literal["f", "m"]) -> str:
    middles, givens = (MIDDLE_NAMES_F, GIVEN_NAMES_F) if gender == "f" else (MIDDLE_NAMES_M, GIVEN_NAMES_M)
    surname, middle, given = rng.choice(SURNAMES), rng.choice(middles), rng.choice(givens)
    # "Minh Minh" and the like do not occur.
    while given in (middle, surname):
        given = rng.choice(givens)
    return f"{surname} {middle} {given}"


_LICENCES: tuple[tuple[LicenceClass, ...], ...] = (("A1",), ("A1", "B"), ("B",), ("A", "B"), ())


def past_renters(today: date, count: int = 200, seed: int = 2208) -> list[PersonFact]:
    """Verified renters who fill the history; the same arguments give the same people."""
    rng = random.Random(seed)
    renters: list[PersonFact] = []
    taken = {person.full_name for person in (*PERSONAS.values(), *RENTERS)}
    while len(renters) < count:
        gender: Literal["f", "m"] = rng.choice(("f", "m"))
        full_name = _name(rng, gender)
        if full_name in taken:
            continue
        taken.add(full_name)
        # Most renters are in their twenties and thirties; 18 at least, since classes A1 and B ask for it.
        age_days = int(rng.triangular(18.5, 58, 26) * 365.25)
        classes = rng.choices(_LICENCES, weights=(45, 38, 6, 3, 8))[0]
        city = rng.choices(("ho-chi-minh", "ha-noi", "da-nang"), weights=(46, 33, 21))[0]
        serial = 100 + len(renters)
        _, middle, given = _ascii(full_name).split()
        renters.append(
            _vietnamese(
                email=f"{given}.{middle}{serial}@{DOMAIN}",
                full_name=full_name,
                serial=serial,
                born_on=today - timedelta(days=age_days),
                city=city,
                classes=classes,
                gender=gender,
                licence_days=rng.randrange(120, 9 * 365),
            )
        )
    return renters


def staff_for(stations: Sequence[StationFact] = STATIONS, seed: int = 1975) -> list[PersonFact]:
    """One supervisor and one attendant for every station, addressed by its code in lower case."""
    rng = random.Random(seed)
    taken = {person.full_name for person in (*PERSONAS.values(), *RENTERS)}
    people: list[PersonFact] = []
    roles: tuple[Role, ...] = ("supervisor", "attendant")
    for station in stations:
        for role in roles:
            full_name = _name(rng, rng.choice(("f", "m")))
            while full_name in taken:
                full_name = _name(rng, rng.choice(("f", "m")))
            taken.add(full_name)
            years = (1980, 1993) if role == "supervisor" else (1994, 2004)
            people.append(
                PersonFact(
                    email=f"{role}-{station.code.lower()}@{DOMAIN}",
                    full_name=full_name,
                    phone=f"0900 001 {len(people):03d}",
                    born_on=date(rng.randint(*years), rng.randint(1, 12), rng.randint(1, 28)),
                    role=role,
                    city=station.city,
                    station_code=station.code,
                )
            )
    return people
