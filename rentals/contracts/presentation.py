"""What the pages of a contract show, in the reader's language."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rentals.contracts.content import content_sha256, short_code
from rentals.contracts.enums import ContractState, Signer
from rentals.contracts.handover import HandoverRecord
from rentals.contracts.models import Contract
from voltgo.core.money import Dong, format_dong
from voltgo.core.templatetags.voltgo_ui import duration, km, percent, period

KIND_OF_STATE = {
    ContractState.DRAFT: "info",
    ContractState.RENDERED: "info",
    ContractState.SIGNED: "ok",
    ContractState.VOIDED: "bad",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One of the six things that a renter should know before signing."""

    icon: str
    title: str
    facts: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""


def contract_page(contract: Contract) -> dict[str, Any]:
    """Return the context of the summary page."""
    return {
        "contract": contract,
        "booking": contract.booking,
        "state_kind": KIND_OF_STATE[ContractState(contract.state)],
        "state_label": str(ContractState(contract.state).label),
        "points": key_points(contract),
        "steps": _steps(contract),
        "papers": papers_of(contract),
        "content_code": short_code(content_sha256(contract)),
    }


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a contract: its name, how far it is, and where it is opened; empty while it is being made."""

    label: str
    state_label: str
    state_kind: str
    at: datetime | None = None
    href: str = ""


def papers_of(contract: Contract) -> list[Paper]:
    """Return every document of a contract with its state, in the order in which they came about."""
    address = reverse("rentals:contract-pdf", args=[contract.number])
    made = [
        _paper(_("Hợp đồng trước khi ký"), contract.sha256, contract.rendered_at, f"{address}?copy=unsigned")
    ]
    if contract.state == ContractState.VOIDED and not contract.sha256:
        made = []
    if contract.state == ContractState.SIGNED:
        made.append(
            _paper(
                _("Hợp đồng đã ký"), contract.signed_sha256, contract.signed_at, address, seal=contract.seal
            )
        )
    for addendum in contract.addenda.order_by("position"):
        label = _("Phụ lục %(number)d: %(kind)s") % {
            "number": addendum.position,
            "kind": addendum.get_kind_display(),
        }
        href = reverse("rentals:contract-addendum", args=[contract.number, addendum.position])
        made.append(_paper(label, addendum.sha256, addendum.created_at, href, seal=addendum.seal))
    return made


def _paper(
    label: str, sha256: str, at: datetime | None, href: str, *, seal: dict[str, Any] | None = None
) -> Paper:
    if not sha256:
        return Paper(label, _("đang lập"), "info", at)
    return Paper(label, _("đã đóng dấu số") if seal else _("đã lập"), "ok", at, href)


def key_points(contract: Contract) -> list[Point]:
    """Return the contract in six points: vehicle and time, rent, deposit, use, lateness, damage and objections."""
    data = contract.data
    return [_vehicle(data), _rent(data), _deposit(data), _use(data), _lateness(data), _damage(data)]


def handover_point(record: HandoverRecord) -> Point:
    """Return what was found at pickup as one more point: a signature freezes it together with the contract."""
    is_english = (get_language() or "vi").startswith("en")
    facts = [
        _fact(_("Công tơ mét"), km(record["odometer_km"])),
        _fact(_("Pin"), percent(record["battery_percent"])),
        _fact(_("Ảnh đã chụp"), len(record["photos"])),
    ]
    facts += [
        _fact(mark["part"]["en"], mark["kind"]["en"])
        if is_english
        else _fact(mark["part"]["vi"], mark["kind"]["vi"])
        for mark in record["damages"]
    ]
    note = "" if record["damages"] else _("Không có vết hư hại nào được ghi.")
    return Point("clipboard-check", _("Xe lúc giao"), facts, note)


def verification(contract: Contract) -> dict[str, Any]:
    """Return what anybody may know of a contract."""
    state = ContractState(contract.state)
    return {
        "version": contract.version,
        "state": str(state),
        "state_kind": KIND_OF_STATE[state],
        "state_label": str(state.label),
        "content_code": short_code(content_sha256(contract)),
        "file_code": short_code(contract.sha256) if contract.sha256 else "",
        "signed_file_code": short_code(contract.signed_sha256) if contract.signed_sha256 else "",
        "created_at": contract.created_at,
        "signed_at": contract.signed_at,
    }


def _dong(amount: Dong | None) -> str:
    return "–" if amount is None else format_dong(amount)


def _fact(label: str, value: object) -> dict[str, Any]:
    return {"label": label, "value": value}


def _vehicle(data: dict[str, Any]) -> Point:
    vehicle = data["vehicle"]
    start, end = (datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at"))
    facts = [
        _fact(_("Xe"), f"{vehicle['maker']} {vehicle['name']}"),
        _fact(_("Biển số"), vehicle["plate"]),
        _fact(_("Thời gian"), period(start, end)),
        _fact(_("Nhận xe"), f"{data['pickup']['name']}, {data['pickup']['address']}"),
    ]
    if data["return"] != data["pickup"]:
        facts.append(_fact(_("Trả xe"), f"{data['return']['name']}, {data['return']['address']}"))
    return Point("car", _("Xe và thời gian"), facts)


def _rent(data: dict[str, Any]) -> Point:
    language = "en" if (get_language() or "vi").startswith("en") else "vi"
    facts = [_fact(line[language], _dong(line["gross"])) for line in data["lines"]]
    facts.append(_fact(_("Tổng cộng, đã gồm thuế"), _dong(data["total"])))
    return Point("receipt", _("Tiền thuê"), facts, _("Giá đã chốt khi đặt xe và không đổi."))


def _deposit(data: dict[str, Any]) -> Point:
    return Point(
        "wallet",
        _("Tiền cọc"),
        [_fact(_("Cọc bảo đảm"), _dong(data["deposit"]))],
        _("Chỉ trừ những khoản bạn đã đồng ý hoặc không khiếu nại; phần còn lại được hoàn."),
    )


def _use(data: dict[str, Any]) -> Point:
    terms = data["terms"]
    facts = [
        _fact(_("Quãng đường đã gồm"), km(data["included_km"])),
        _fact(_("Mỗi km vượt"), _dong(terms.get("extra_km_amount"))),
        _fact(_("Pin khi trả, ít nhất"), percent(terms.get("return_battery_percent"))),
        _fact(_("Mỗi 10% pin thiếu"), _dong(terms.get("energy_fee_amount"))),
    ]
    return Point("battery-medium", _("Quãng đường và pin"), facts)


def _lateness(data: dict[str, Any]) -> Point:
    terms = data["terms"]
    facts = [
        _fact(_("Trễ không tính phí"), duration(terms.get("late_grace_minutes"))),
        _fact(_("Giờ đầu"), _dong(terms.get("late_first_hour_amount"))),
        _fact(_("Mỗi giờ sau"), _dong(terms.get("late_next_hour_amount"))),
        _fact(_("Nhiều nhất"), _dong(data["late_cap"])),
    ]
    return Point("clock", _("Trả trễ"), facts, _("Thời gian dùng thêm được tính theo giá đã chốt."))


def _damage(data: dict[str, Any]) -> Point:
    facts = [_fact(_("Khiếu nại quyết toán trong"), _("%(hours)d giờ") % {"hours": data["objection_hours"]})]
    note = _(
        "Chỉ bồi thường hư hại mới, có ảnh so sánh khi giao và khi trả. Phạt giao thông do người lái chịu."
    )
    return Point("shield-check", _("Hư hại và khiếu nại"), facts, note)


def _steps(contract: Contract) -> list[dict[str, Any]]:
    """Return the contract's timeline: drawn up, signed by each, signed copy."""
    if contract.state == ContractState.VOIDED:
        return [
            {"label": _("Đã lập"), "at": contract.created_at, "status": "done"},
            {"label": _("Đã hủy"), "note": _("Phiên bản này không còn giá trị."), "status": "bad"},
        ]
    signed = {row.signer: row.signed_at for row in contract.signatures.all()}
    steps = [
        _step(_("Đã lập văn bản"), contract.rendered_at),
        _step(_("Người thuê ký"), signed.get(Signer.RENTER)),
        _step(_("VoltGo ký"), signed.get(Signer.STAFF)),
        _step(_("Có bản đã ký"), contract.signed_at if contract.signed_sha256 else None),
    ]
    waiting = next((step for step in steps if step["status"] == "todo"), None)
    if waiting is not None:
        waiting["status"] = "current"
    return steps


def _step(label: str, at: datetime | None) -> dict[str, Any]:
    return {"label": label, "at": at, "status": "done" if at else "todo"}
