"""From a contract's frozen values to its PDF, byte for byte repeatable."""

import base64
import hashlib
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.kyc.enums import DocumentKind, ViewPurpose
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import read_number
from rentals.contracts import amendments, consent
from rentals.contracts.content import canonical_json, content_json, content_sha256, short_code
from rentals.contracts.enums import AddendumKind, Signer, SigningMethod
from rentals.contracts.evidence import as_json, printed_link, signing_chain
from rentals.contracts.models import Contract, ContractAddendum, ContractSignature
from rentals.contracts.texts.choosing import words_of
from rentals.contracts.texts.printing import Article, printed
from rentals.contracts.texts.words import ArticleWords
from stations.fleet.enums import VehicleKind
from voltgo.core import clock, pdf, sealing
from voltgo.core.actors import SYSTEM
from voltgo.core.money import BASIS_POINTS

# The first wording was a template: it stays, so that contracts drawn up with it can be printed again.
TEMPLATES = {"2026-11": "pdf/contract-2026-11/document.html"}
# What stands around the words of a row; a contract keeps the number of its layout.
LAYOUTS = {1: "pdf/contract.html"}
FIRST_ADDENDUM = "pdf/addendum.html"
ADDENDA = {
    AddendumKind.EXTENSION: "pdf/addendum/extension.html",
    AddendumKind.CHANGE: "pdf/addendum/extension.html",
    AddendumKind.SWAP: "pdf/addendum/swap.html",
    AddendumKind.RETURN: "pdf/addendum/return.html",
    AddendumKind.DAMAGE: "pdf/addendum/damage.html",
}
# Contracts say both languages; these words are as fixed as the articles.
KINDS = {
    VehicleKind.SCOOTER: ("xe máy điện", "electric scooter"),
    VehicleKind.CAR: ("ô tô điện", "electric car"),
}
IDENTITIES = {
    DocumentKind.CITIZEN_CARD: ("Số căn cước", "Citizen ID"),
    DocumentKind.PASSPORT: ("Số hộ chiếu", "Passport"),
}
LICENCES = {
    DocumentKind.DRIVING_LICENCE: ("Giấy phép lái xe", "Driving licence"),
    DocumentKind.FOREIGN_LICENCE: ("Giấy phép nước ngoài", "Foreign licence"),
    DocumentKind.DRIVING_PERMIT: ("Giấy phép quốc tế", "International permit"),
}
METHODS = {
    SigningMethod.DRAWN: ("ký tay trên màn hình", "drawn on screen"),
    SigningMethod.TYPED: ("gõ họ và tên", "typed name"),
    SigningMethod.DRAWN_WITH_CODE: (
        "ký tay trên điện thoại riêng, kèm mã dùng một lần",
        "drawn on the signer's own phone, with a one-time code",
    ),
    SigningMethod.TYPED_WITH_CODE: (
        "gõ họ tên trên điện thoại riêng, kèm mã dùng một lần",
        "typed on the signer's own phone, with a one-time code",
    ),
    SigningMethod.PAPER: ("ký trên phiếu giấy, bản quét", "signed on a sheet of paper, scanned"),
}
CARRIED_EVIDENCE = "Chuỗi bằng chứng dưới dạng dữ liệu · The chain of evidence as data"
CARRIED = "Nội dung hợp đồng dưới dạng dữ liệu · The agreement as data"
CARRIED_ADDENDUM = "Nội dung phụ lục dưới dạng dữ liệu · The addendum as data"
CARRIED_HANDOVER = "Biên bản giao xe dưới dạng dữ liệu · The handover record as data"
NO_NUMBER = "theo giấy tờ gốc đã đối chiếu · as on the original papers shown"


def compose(contract: Contract) -> pdf.Document:
    """Render the version that is shown for signing. Reads the renter's number, and records that."""
    return _render(contract, signatures=[], created_at=contract.created_at)


def compose_signed(contract: Contract) -> pdf.Document:
    """Render the same version with both signatures, the handover record and the evidence page."""
    signatures = list(contract.signatures.select_related("user").order_by("signed_at", "pk"))
    return _render(contract, signatures=signatures, created_at=contract.signed_at or contract.created_at)


def _render(contract: Contract, *, signatures: list[ContractSignature], created_at: datetime) -> pdf.Document:
    return pdf.render(
        page_of(contract, context_of(contract, signatures)),
        identifier=f"{contract.number}/{len(signatures)}",
        created_at=created_at,
        attached=attached_to(contract, is_signed=bool(signatures)),
    )


def page_of(contract: Contract, context: dict[str, Any]) -> str:
    """Return the page that becomes the document."""
    data = contract.data
    template = LAYOUTS[data["layout"]] if "layout" in data else TEMPLATES[data["text_version"]]
    # The words are in the template; what is left to the active language must not depend on the process.
    with translation.override("vi"):
        return render_to_string(template, context)


def attached_to(contract: Contract, *, is_signed: bool) -> list[pdf.Attached]:
    """Return what a document carries for programs: the agreement's values, and what was found at pickup.

    The same as on the pages, besides the identity number, which is masked here as in our own tables: a file that is
    passed on must not hand a number to whoever unpacks it. Documents of the first wording carry nothing.
    """
    if "layout" not in contract.data:
        return []
    carried = [pdf.Attached("contract.json", content_json(contract), CARRIED)]
    if is_signed and contract.handover:
        handover = canonical_json(contract.handover)
        carried.append(pdf.Attached("handover.json", handover, CARRIED_HANDOVER))
    if is_signed and (links := signing_chain(contract)):
        carried.append(pdf.Attached("evidence.json", as_json(links), CARRIED_EVIDENCE))
    return carried


def context_of(
    contract: Contract,
    signatures: list[ContractSignature],
    *,
    articles: Sequence[ArticleWords] | None = None,
    is_preview: bool = False,
) -> dict[str, Any]:
    """Return what the template prints. Reads the renter's number and records that, unless it is a preview.

    Raises:
        WordingDamaged: the words that the contract names are not what they were.
    """
    data = contract.data
    sha256 = content_sha256(contract)
    kind_vi, kind_en = KINDS[data["vehicle"]["kind"]]
    renter = data["renter"]
    licence = renter["licence"] or {}
    by_signer = {signature.signer: _signature(signature) for signature in signatures}
    handover = contract.handover
    return {
        "number": contract.number,
        "version": contract.version,
        "data": data,
        "terms": data["terms"],
        "articles": _articles(data, articles),
        "is_preview": is_preview,
        "lines": [{**line, "rate": _percent(line["vat_bp"])} for line in data["lines"]],
        "battery_kwh": data["vehicle"]["battery_kwh"].replace(".", ","),
        "power_kw": data["vehicle"]["power_kw"].replace(".", ","),
        "kind_vi": kind_vi,
        "kind_en": kind_en,
        "identity_label": IDENTITIES[(renter["identity"] or {}).get("kind", DocumentKind.CITIZEN_CARD)],
        "identity_number": _masked_number(contract) if is_preview else _identity_number(contract),
        "born_on": _day(renter["born_on"]),
        "driving_papers": [_driving_paper(paper) for paper in (licence, licence.get("permit")) if paper],
        "licence_until": _day(licence.get("expires_on")),
        "drafted_at": _when(contract.created_at),
        "starts_at": _when(datetime.fromisoformat(data["starts_at"])),
        "ends_at": _when(datetime.fromisoformat(data["ends_at"])),
        "content_sha256": sha256,
        "content_code": short_code(sha256),
        "document_sha256": contract.sha256,
        **(_evidence(contract) if signatures and "layout" in data else {}),
        "qr": _qr(data["verify_url"]),
        "signatures": signatures,
        "handover": handover,
        "handover_completed_at": _when(datetime.fromisoformat(handover["completed_at"])) if handover else "",
        "parties": [
            {
                "vi": "ĐẠI DIỆN BÊN A",
                "en": "For Party A",
                "name": data["company"]["name"],
                "signature": by_signer.get(Signer.STAFF),
            },
            {
                "vi": "BÊN B",
                "en": "Party B",
                "name": renter["name"],
                "signature": by_signer.get(Signer.RENTER),
            },
        ],
    }


# --- Addenda ------------------------------------------------------------------------------------------


def compose_addendum(addendum: ContractAddendum) -> pdf.Document:
    """Render an addendum from its frozen values."""
    data = addendum.data
    has_layout = "layout" in data
    template = ADDENDA[AddendumKind(data["kind"])] if has_layout else FIRST_ADDENDUM
    with translation.override("vi"):
        html = render_to_string(template, addendum_context(addendum))
    carried = pdf.Attached("addendum.json", amendments.addendum_json(addendum), CARRIED_ADDENDUM)
    return pdf.render(
        html,
        identifier=addendum.number,
        created_at=addendum.created_at,
        attached=[carried] if has_layout else [],
    )


def addendum_context(addendum: ContractAddendum) -> dict[str, Any]:
    """Return what an addendum's template prints."""
    data = addendum.data
    moments = {
        f"{name}_ends_at": data[name].get("ends_at", "") for name in ("before", "after") if name in data
    }
    moments |= {name: data[name] for name in ("swapped_at",) if name in data}
    record, answer, handover = data.get("record", {}), data.get("answer", {}), data.get("handover") or {}
    moments |= {
        "presented_at": record.get("presented_at", ""),
        "completed_at": record.get("completed_at", ""),
    }
    moments |= {
        "answered_at": answer.get("at", ""),
        "handover_completed_at": handover.get("completed_at", ""),
    }
    sha256 = hashlib.sha256(amendments.addendum_json(addendum)).hexdigest()
    return {
        "number": addendum.number,
        "data": data,
        "content_code": short_code(sha256),
        "verify_url": settings.SITE_URL + reverse("rentals:contract-verify", args=[data["contract"]]),
        "drafted_at": _when(addendum.created_at),
        **{name: amendments.moment(text) for name, text in moments.items()},
        "handover": handover,
        "driven_km": record["odometer_km"] - record["pickup_odometer_km"] if record else 0,
        "accepted_at": _when(addendum.accepted_at) if addendum.accepted_at else "",
        "ip_address": addendum.ip_address or "",
        "device": addendum.device,
    }


# --- Pieces -------------------------------------------------------------------------------------------


def _articles(data: dict[str, Any], articles: Sequence[ArticleWords] | None) -> list[Article]:
    if articles is None and "layout" in data:
        articles = words_of(data["text_version"], sha256=data["text_sha256"])
    return printed(articles or (), data)


def _driving_paper(paper: dict[str, Any]) -> dict[str, Any]:
    """Return one paper to drive with, as it is printed."""
    label_vi, label_en = LICENCES[paper.get("kind", DocumentKind.DRIVING_LICENCE)]
    return {**paper, "vi": label_vi, "en": label_en, "until": _day(paper.get("expires_on"))}


def _masked_number(contract: Contract) -> str:
    identity = contract.data["renter"]["identity"]
    return str(identity["number"]) if identity else NO_NUMBER


def _identity_number(contract: Contract) -> str:
    """Return the identity paper's number in full. It stands on the pages only; reading it is recorded."""
    identity = contract.data["renter"]["identity"]
    if identity is None:
        return NO_NUMBER
    paper = IdentityDocument.objects.select_related("user").filter(pk=identity["document"]).first()
    number = read_number(document=paper, by=SYSTEM, purpose=ViewPurpose.CONTRACT) if paper else ""
    return number or str(identity["number"])


def _signature(signature: ContractSignature) -> dict[str, Any]:
    with signature.image.open("rb") as file:
        picture = base64.b64encode(file.read()).decode()
    return {
        "name": signature.name,
        "user": signature.user.public_id,
        "method": METHODS[SigningMethod(signature.method)],
        "signed_at": f"{clock.local(signature.signed_at):%H:%M:%S, %d/%m/%Y}",
        "ip_address": signature.ip_address,
        "device": signature.device,
        "strokes_sha256": signature.strokes_sha256,
        "document_sha256": signature.document_sha256,
        "code_sent_to": signature.code_sent_to,
        "consent_sha256": signature.consent_sha256,
        "tablet": signature.tablet,
        "text_sha256": signature.text_sha256,
        "record_sha256": signature.record_sha256,
        "received_at": f"{clock.local(signature.received_at):%H:%M:%S, %d/%m/%Y}"
        if signature.received_at
        else "",
        "image": f"data:image/png;base64,{picture}",
    }


def _evidence(contract: Contract) -> dict[str, Any]:
    """Return the chain up to the second signature, its head, and whose seal the file carries."""
    links = signing_chain(contract)
    return {
        "links": [printed_link(link) for link in links],
        "chain_head": links[-1]["sha256"] if links else "",
        "consent": consent.words(),
        "seal": sealing.get_key() if sealing.is_on() else None,
    }


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=0, dark="#10211b", xmldecl=False)
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def _when(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M, %d/%m/%Y}"


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}" if text else ""


def _percent(basis_points: int) -> str:
    return f"{basis_points * 100 / BASIS_POINTS:g}%".replace(".", ",")
