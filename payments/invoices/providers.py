"""Who turns our data into invoices: the interface of a licensed provider, and the one that takes files.

The files are data for a provider (MISA, VNPT, Viettel …), not invoices: they carry no signature and no code
of the tax authority. The elements are named as in the authority's own format; what a provider wants
otherwise is that provider's class to change.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from xml.etree import ElementTree as ET

from payments.invoices.errors import AnswersUnreadable

Documents = Sequence[Mapping[str, Any]]
NATURE = {"sale": "1", "adjustment": "2", "replacement": "3"}
RELATION = {"replacement": "1", "adjustment": "2"}
GOODS, DISCOUNT = "1", "3"
COLUMNS = (
    "id", "state", "form", "serial", "number", "authority_code", "issued_on", "provider_ref", "reason",
)  # fmt: skip
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider says of one invoice: coded with its number and code, or rejected and why."""

    id: str
    is_coded: bool
    form: str = ""
    serial: str = ""
    number: str = ""
    authority_code: str = ""
    issued_on: date | None = None
    provider_ref: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Produced:
    """One file to hand over."""

    suffix: str
    content: bytes


class EInvoiceProvider(Protocol):
    """A licensed provider. No method touches the database."""

    @property
    def code(self) -> str:
        """Its name in rows."""

    def produce(self, documents: Documents) -> tuple[Produced, ...]:
        """Return the files of a hand-over: the same bytes for the same documents."""

    def parse_answers(self, content: bytes) -> list[Answer]:
        """Read what came back; raises AnswersUnreadable."""


class FileProvider:
    """Writes XML and JSON for somebody to hand over, and reads answers from CSV."""

    code = "file"

    def produce(self, documents: Documents) -> tuple[Produced, ...]:
        text = json.dumps(list(documents), ensure_ascii=False, indent=1, sort_keys=True)
        return Produced("xml", as_xml(documents)), Produced("json", text.encode())

    def parse_answers(self, content: bytes) -> list[Answer]:
        try:
            rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        except (UnicodeDecodeError, csv.Error) as unreadable:
            raise AnswersUnreadable from unreadable
        if not rows or len(rows) > MOST_ROWS or not {"id", "state"} <= set(rows[0]):
            raise AnswersUnreadable(columns=COLUMNS)
        return [_answer(number, row) for number, row in enumerate(rows, start=2)]


PROVIDER: EInvoiceProvider = FileProvider()


def _answer(number: int, row: Mapping[str, str | None]) -> Answer:
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    is_coded = values.pop("state").lower() == "coded"
    issued_on = values.pop("issued_on")
    if is_coded and not (values["number"] and values["authority_code"]):
        raise AnswersUnreadable(line=number)
    try:
        day = date.fromisoformat(issued_on) if issued_on else None
    except ValueError as unreadable:
        raise AnswersUnreadable(line=number) from unreadable
    return Answer(is_coded=is_coded, issued_on=day, **values)


# --- XML ----------------------------------------------------------------------------------------------


def as_xml(documents: Documents) -> bytes:
    """Return the invoices as XML, one element each."""
    root = ET.Element("DSHDon")
    for document in documents:
        _invoice(root, document)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _invoice(root: ET.Element, document: Mapping[str, Any]) -> None:
    data = ET.SubElement(ET.SubElement(root, "HDon", {"Id": str(document["id"])}), "DLHDon")
    head = _add(data, "TTChung")
    _texts(
        head,
        THDon="Hóa đơn giá trị gia tăng",
        KHMSHDon=document["form"],
        KHHDon=document["serial"],
        NLap=document["issued_on"],
        DVTTe=document["currency"],
        TGia="1",
        HTTToan=document["payment_method"],
        TCHDon=NATURE[document["kind"]],
        SBNhan=document["receipt"],
        MTChieu=document["reference"],
    )
    original = document["original"]
    if original:
        _texts(
            _add(head, "TTHDLQuan"),
            TCHDon=RELATION[document["kind"]],
            KHMSHDCLQuan=original["form"],
            KHHDCLQuan=original["serial"],
            SHDCLQuan=original["number"],
            NLHDCLQuan=original["issued_on"],
            GChu=document["reason"],
        )
    body = _add(data, "NDHDon")
    seller, buyer = document["seller"], document["buyer"]
    _texts(
        _add(body, "NBan"), Ten=seller["name"], MST=seller["tax_code"], DChi=seller["address"],
        SDThoai=seller.get("phone", ""), DCTDTu=seller.get("email", ""),
    )  # fmt: skip
    is_company = buyer["kind"] == "company"
    number = buyer["person_number"]
    _texts(
        _add(body, "NMua"),
        Ten=buyer["name"] if is_company else "",
        HVTNMHang="" if is_company else buyer["name"],
        MST=buyer["tax_code"],
        CCCDan=number if buyer["kind"] == "person" else "",
        SHChieu=number if buyer["kind"] == "foreigner" else "",
        DChi=buyer["address"],
        DCTDTu=buyer["email"],
    )
    items = _add(body, "DSHHDVu")
    for item in document["items"]:
        _texts(
            _add(items, "HHDVu"),
            TChat=DISCOUNT if item["gross"] < 0 and document["kind"] == "sale" else GOODS,
            STT=item["position"], THHDVu=item["name"], DVTinh=item["unit"], SLuong=item["quantity"],
            DGia=item["unit_price"], ThTien=item["net"], TSuat=percent(item["vat_bp"]),
        )  # fmt: skip
    totals = _add(body, "TToan")
    by_rate = _add(totals, "THTTLTSuat")
    for rate in document["rates"]:
        _texts(_add(by_rate, "LTSuat"), TSuat=percent(rate["vat_bp"]), ThTien=rate["net"], TThue=rate["vat"])
    _texts(
        totals, TgTCThue=document["net"], TgTThue=document["vat"], TgTTTBSo=document["total"],
        TgTTTBChu=document["in_words"],
    )  # fmt: skip


def percent(vat_bp: int) -> str:
    return f"{vat_bp / 100:g}%"


def _add(parent: ET.Element, tag: str) -> ET.Element:
    return ET.SubElement(parent, tag)


def _texts(parent: ET.Element, **values: object) -> None:
    """Add what is known; an element without a value is left out."""
    for tag, value in values.items():
        if value not in {"", None}:
            ET.SubElement(parent, tag).text = str(value)
