"""The agreement as plain words for a screen that has no PDF: the same articles, values and tables, in both languages.

A tablet without a network shows it, and the people sign under it; the hash of these words is part of the evidence.
For somebody who walks in, places are left that the tablet fills: `[[renter.name]]`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict

from rentals.contracts.enums import TemplateBlock
from rentals.contracts.texts.printing import Clause, printed
from rentals.contracts.texts.values import VALUES, Data, fill
from rentals.contracts.texts.words import ArticleWords
from voltgo.core import clock
from voltgo.core.money import format_dong

PLACE = re.compile(r"\[\[([a-z_.]+)\]\]")
NONE = "–"


class Row(TypedDict):
    """One line of a table: its label in both languages and its value."""

    vi: str
    en: str
    value: str


class Paragraph(TypedDict):
    """One clause in both languages; the opening has no numbers."""

    number: str
    vi: str
    en: str


class Section(TypedDict):
    """One article: heading, the table that goes with it, its clauses."""

    number: int
    vi: str
    en: str
    rows: list[Row]
    clauses: list[Paragraph]


class Agreement(TypedDict):
    """The whole text. `number` is the contract's, empty for a walk-in."""

    number: str
    version: int
    sections: list[Section]


def agreement_of(articles: Iterable[ArticleWords], data: Data, *, number: str, version: int) -> Agreement:
    """Return the text of one version, filled with what its data say. Personal numbers are in it masked."""
    listed = list(articles)
    sections = [
        _section(article.number, words, _rows(words.block, data), article.clauses)
        for article, words in zip(printed(listed, data), listed, strict=True)
    ]
    return Agreement(number=number, version=version, sections=sections)


def agreement_with_places(articles: Iterable[ArticleWords], data: Data, places: Iterable[str]) -> Agreement:
    """Return the text for somebody who is not known yet.

    `data` says what is known beforehand (company, terms, cancelling rules); each name of `places`, such as
    `rent.total`, stands as `[[rent.total]]` in clauses, and the tables of parties, vehicle, period, price and
    deposit name theirs.
    """
    left = {name: f"[[{name}]]" for name in places}
    values = {name: left.get(name) or value.words(data) for name, value in VALUES.items()}
    sections: list[Section] = []
    number = 0
    for words in articles:
        is_opening = words.block == TemplateBlock.PARTIES
        number += not is_opening
        own = 0 if is_opening else number
        clauses = [
            Clause(f"{own}.{position}." if own else "", fill(vi, values), fill(en, values))
            for position, (vi, en) in enumerate(words.clauses, start=1)
        ]
        rows = _open_rows(words.block, data) or _rows(words.block, data)
        sections.append(_section(own, words, rows, clauses))
    return Agreement(number="", version=0, sections=sections)


def filled(agreement: Agreement, values: Mapping[str, str]) -> Agreement:
    """Fill the places of a text, exactly as the tablet does; a place without a value becomes a dash."""

    def put(text: str) -> str:
        return PLACE.sub(lambda found: values.get(found[1]) or NONE, text)

    sections = [
        Section(
            number=section["number"],
            vi=section["vi"],
            en=section["en"],
            rows=[Row(vi=row["vi"], en=row["en"], value=put(row["value"])) for row in section["rows"]],
            clauses=[
                Paragraph(number=clause["number"], vi=put(clause["vi"]), en=put(clause["en"]))
                for clause in section["clauses"]
            ],
        )
        for section in agreement["sections"]
    ]
    return Agreement(number=agreement["number"], version=agreement["version"], sections=sections)


def text_sha256(agreement: Agreement) -> str:
    """Return the hash of a text: of its JSON with sorted keys, without blanks, in UTF-8."""
    canonical = json.dumps(agreement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _section(number: int, words: ArticleWords, rows: list[Row], clauses: Iterable[Clause]) -> Section:
    return Section(
        number=number,
        vi=words.heading_vi,
        en=words.heading_en,
        rows=rows,
        clauses=[Paragraph(number=clause.number, vi=clause.vi, en=clause.en) for clause in clauses],
    )


def _rows(block: str, data: Data) -> list[Row]:
    tables = {
        TemplateBlock.PARTIES: _parties,
        TemplateBlock.VEHICLE: _vehicle,
        TemplateBlock.PERIOD: _period,
        TemplateBlock.PRICE: _price,
        TemplateBlock.DEPOSIT: _deposit,
        TemplateBlock.USE: _use,
        TemplateBlock.LATE: _late,
    }
    table = tables.get(TemplateBlock(block)) if block else None
    return table(data) if table else []


def _open_rows(block: str, data: Data) -> list[Row]:
    """Return the tables of a walk-in that only the tablet can fill."""
    left: dict[str, list[Row]] = {
        TemplateBlock.PARTIES: [
            *_company(data),
            _row("Bên thuê", "Renter", "[[renter.name]]"),
            _row("Ngày sinh", "Born on", "[[renter.born_on]]"),
            _row("Giấy phép lái xe", "Driving licence", "[[renter.licence]]"),
            _row("Điện thoại", "Telephone", "[[renter.phone]]"),
        ],
        TemplateBlock.VEHICLE: [
            _row("Xe", "Vehicle", "[[vehicle.model]]"),
            _row("Biển số", "Plate", "[[vehicle.plate]]"),
        ],
        TemplateBlock.PERIOD: [
            _row("Nhận xe", "Pickup", "[[pickup.at]], [[pickup.station]]"),
            _row("Trả xe", "Return", "[[return.at]], [[pickup.station]]"),
        ],
        TemplateBlock.PRICE: [_row("Tổng cộng, đã gồm thuế", "Total, tax included", "[[rent.total]]")],
        TemplateBlock.DEPOSIT: [_row("Cọc bảo đảm", "Security deposit", "[[deposit]]")],
        TemplateBlock.USE: [
            _row("Quãng đường đã gồm", "Distance included", "[[km.included]] km"),
            *_use(data)[1:],
        ],
    }
    return left.get(block, [])


def _parties(data: Data) -> list[Row]:
    renter = data["renter"]
    identity, licence = renter["identity"] or {}, renter["licence"] or {}
    driving = [licence.get("classes"), licence.get("number"), _day(licence.get("expires_on"))]
    rows = [
        *_company(data),
        _row("Bên thuê", "Renter", renter["name"]),
        _row("Ngày sinh", "Born on", _day(renter["born_on"])),
        _row("Giấy tờ tùy thân", "Identity paper", identity.get("number")),
        _row("Giấy phép lái xe", "Driving licence", " · ".join(str(part) for part in driving if part)),
        _row("Điện thoại", "Telephone", renter["phone"]),
        _row("Email", "Email", renter["email"]),
    ]
    return rows + [_row("Cùng lái", "Also drives", driver["name"]) for driver in data.get("drivers", [])]


def _company(data: Data) -> list[Row]:
    company = data["company"]
    return [
        _row("Bên cho thuê", "Lessor", company["name"]),
        _row("Mã số thuế", "Tax code", company.get("tax_code")),
        _row("Địa chỉ", "Address", company.get("address")),
        _row("Điện thoại", "Telephone", company.get("phone")),
    ]


def _vehicle(data: Data) -> list[Row]:
    vehicle = data["vehicle"]
    return [
        _row("Xe", "Vehicle", f"{vehicle['maker']} {vehicle['name']}"),
        _row("Biển số", "Plate", vehicle["plate"]),
        _row("Pin, công suất", "Battery, power", f"{vehicle['battery_kwh']} kWh, {vehicle['power_kw']} kW"),
        _row("Số chỗ", "Seats", vehicle["seats"]),
    ]


def _period(data: Data) -> list[Row]:
    pickup, back = data["pickup"], data["return"]
    return [
        _row("Nhận xe", "Pickup", f"{_when(data['starts_at'])}, {pickup['name']}, {pickup['address']}"),
        _row("Trả xe", "Return", f"{_when(data['ends_at'])}, {back['name']}, {back['address']}"),
    ]


def _price(data: Data) -> list[Row]:
    lines = [_row(line["vi"], line["en"], format_dong(line["gross"])) for line in data["lines"]]
    return [*lines, _row("Tổng cộng, đã gồm thuế", "Total, tax included", format_dong(data["total"]))]


def _deposit(data: Data) -> list[Row]:
    return [_row("Cọc bảo đảm", "Security deposit", format_dong(data["deposit"]))]


def _use(data: Data) -> list[Row]:
    terms = data["terms"]
    return [
        _row("Quãng đường đã gồm", "Distance included", _with(data.get("included_km"), "km")),
        _row("Mỗi km vượt", "Each further km", _dong(terms.get("extra_km_amount"))),
        _row("Pin khi trả, ít nhất", "Battery at return, at least", _with(terms.get("return_battery_percent"), "%")),
        _row("Mỗi 10% pin thiếu", "Each 10% missing", _dong(terms.get("energy_fee_amount"))),
    ]  # fmt: skip


def _late(data: Data) -> list[Row]:
    terms = data["terms"]
    return [
        _row("Trễ không tính phí", "Late without a fee", _with(terms.get("late_grace_minutes"), "min")),
        _row("Giờ đầu", "First hour", _dong(terms.get("late_first_hour_amount"))),
        _row("Mỗi giờ sau", "Each further hour", _dong(terms.get("late_next_hour_amount"))),
        _row("Nhiều nhất", "At most", _dong(data.get("late_cap"))),
    ]


def _row(vi: str, en: str, value: Any) -> Row:
    return Row(vi=vi, en=en, value=NONE if value is None or value == "" else str(value))


def _dong(amount: Any) -> str:
    return NONE if amount is None else format_dong(int(amount))


def _with(value: Any, unit: str) -> str:
    return NONE if value is None else f"{value} {unit}"


def _day(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%d/%m/%Y}" if text else ""


def _when(text: str) -> str:
    return f"{clock.local(datetime.fromisoformat(text)):%H:%M %d/%m/%Y}"
