"""What stands in the data of an e-invoice: pure functions from a frozen receipt to frozen content.

Fields: Decree 123/2020 art. 10, since July 2026 Decree 254/2026 art. 10. Number, signature and the tax
authority's code are the provider's to add.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings

from payments.invoices.documents import LineData, by_rate
from payments.invoices.enums import EInvoiceKind
from payments.invoices.words import in_words
from voltgo.core.money import Dong, vat_of_part

# A VAT invoice, in the authority's list of forms.
FORM = "1"
SATURDAY = 5
UNIT = "lần"


def next_working_day(day: date) -> date:
    """Return the day by which an invoice of a day must be signed and sent.

    Public holidays count as working days here, so that the deadline is never later than the law's.
    """
    following = day + timedelta(days=1)
    while following.weekday() >= SATURDAY:
        following += timedelta(days=1)
    return following


def serial_of(day: date) -> str:
    """Return the serial of a year: with the authority's code (C), the year, the company's own letters."""
    return f"C{day:%y}{settings.EINVOICE_SERIAL}"


def taxed_lines(lines: Iterable[LineData]) -> list[LineData]:
    """Leave out what carries no VAT: compensation has a receipt and no invoice. Deposits are no lines."""
    return [line for line in lines if line["vat_bp"] is not None]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an invoice, its price without VAT."""

    name: str
    vat_bp: int
    net: Dong
    vat: Dong

    def as_data(self, position: int) -> dict[str, Any]:
        return {
            "position": position,
            "name": self.name,
            "unit": UNIT,
            "quantity": 1,
            "unit_price": self.net,
            "net": self.net,
            "vat_bp": self.vat_bp,
            "vat": self.vat,
            "gross": self.net + self.vat,
        }


def items_of(lines: Sequence[LineData], what: str) -> list[Item]:
    """Turn the taxed lines of a receipt into items; each names what was rented, with its plate."""
    return [
        Item(
            name=f"{line['label']} ({what})" if what else line["label"],
            vat_bp=line["vat_bp"] or 0,
            net=line["net"],
            vat=line["vat"],
        )
        for line in lines
    ]


def content(
    *,
    kind: EInvoiceKind,
    day: date,
    items: Sequence[Item],
    receipt_number: str,
    frozen: Mapping[str, Any],
    reference: str,
    original: Mapping[str, Any] | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Return the content of an invoice as it is frozen; `frozen` is the content of its receipt."""
    data = [item.as_data(position) for position, item in enumerate(items, start=1)]
    rates = by_rate(
        LineData(
            label="", label_en="", quantity="", unit_price=None,
            gross=row["gross"], net=row["net"], vat=row["vat"], vat_bp=row["vat_bp"],
        )
        for row in data
    )  # fmt: skip
    total = sum(row["gross"] for row in data)
    buyer = frozen.get("buyer") or {
        "kind": "person",
        "name": frozen["payer_name"],
        "tax_code": "",
        "person_number_encrypted": "",
        "address": "",
        "email": frozen["payer_email"],
    }
    return {
        "version": 1,
        "kind": str(kind),
        "form": FORM,
        "serial": serial_of(day),
        "issued_on": day.isoformat(),
        "currency": "VND",
        "language": "vi",
        "seller": dict(frozen["company"]),
        "buyer": dict(buyer),
        "reference": reference,
        "receipt": receipt_number,
        "payment_method": ", ".join(dict.fromkeys(way["label"] for way in frozen["paid_by"])),
        "items": data,
        "rates": rates,
        "net": sum(row["net"] for row in data),
        "vat": sum(row["vat"] for row in data),
        "total": total,
        "in_words": in_words(total),
        "original": dict(original) if original else None,
        "reason": reason,
    }


def taken_back(rates: Sequence[Mapping[str, Any]], *, before: Dong, back: Dong, name: str) -> list[Item]:
    """Return the items of an adjustment that takes `back` dong off, after `before` were taken off earlier.

    The rates give in turn, the highest first. What stays keeps its VAT exactly, so a full refund takes back
    all of the VAT, in however many steps.
    """
    items: list[Item] = []
    offset = 0
    for rate in rates:
        gross, vat = rate["gross"], rate["vat"]
        first = max(0, min(gross, before - offset))
        last = max(0, min(gross, before + back - offset))
        offset += max(0, gross)
        if last <= first:
            continue
        less = _kept_vat(gross, vat, first) - _kept_vat(gross, vat, last)
        items.append(Item(name, rate["vat_bp"], -(last - first - less), -less))
    return items


def _kept_vat(gross: Dong, vat: Dong, taken: Dong) -> Dong:
    return vat_of_part(gross - taken, gross=gross, vat=vat)
