"""A contract as it was drawn up before wordings were rows: fixed values, so that its page of HTML has a known hash."""

import copy
import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from rentals.contracts.enums import Signer, SigningMethod
from rentals.contracts.models import Contract, ContractSignature

DRAWN_AT = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
SIGNED_AT = datetime(2026, 11, 21, 1, 40, 5, tzinfo=UTC)
# A signature's picture is only carried along: any bytes will do for the page, a true picture for the document.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)
DATA: dict[str, Any] = {
    "text_version": "2026-11",
    "booking": "VG-7K2M4Q",
    "verify_url": "https://voltgo.example/contracts/verify/HD-7K2M4Q-1/",
    "company": {
        "name": "Công ty Cổ phần VoltGo (bản thử)",
        "name_en": "VoltGo JSC (trial)",
        "tax_code": "0000000000",
        "address": "1 Đường Thử, Thành phố Hồ Chí Minh",
        "phone": "1900 0000",
        "email": "support@voltgo.example",
    },
    "renter": {
        "user": "U-7K2M4Q9ACD",
        "name": "Nguyễn Minh Anh",
        "email": "minh.anh@example.vn",
        "phone": "0900000001",
        "born_on": "1995-03-14",
        "identity": None,
        "licence": {"classes": "Hạng B", "number": "•••••••••456", "expires_on": "2035-06-01"},
    },
    "vehicle": {
        "code": "X-0001",
        "plate": "51K-123.45",
        "maker": "VinFast",
        "name": "VF 6",
        "kind": "car",
        "seats": 5,
        "battery_kwh": "59.6",
        "power_kw": "130",
    },
    "pickup": {
        "code": "hcm-01",
        "name": "Trạm Bến Thành",
        "address": "45 Lê Lợi, phường Bến Thành",
        "city": "TP. Hồ Chí Minh",
    },
    "return": {
        "code": "hcm-02",
        "name": "Trạm Thảo Điền",
        "address": "88 Xuân Thủy, phường An Khánh",
        "city": "TP. Hồ Chí Minh",
    },
    "starts_at": "2026-11-21T01:30:00+00:00",
    "ends_at": "2026-11-21T11:30:00+00:00",
    "lines": [
        {
            "code": "rent_day",
            "vi": "Thuê 1 ngày",
            "en": "Rental for 1 day",
            "gross": 600_000,
            "net": 555_556,
            "vat": 44_444,
            "vat_bp": 800,
        }
    ],
    "total": 600_000,
    "net": 555_556,
    "vat": 44_444,
    "deposit": 3_000_000,
    "quote_sha256": "9f86d081" * 8,
    "terms": {
        "hour_amount": 100_000,
        "day_amount": 600_000,
        "included_km_per_day": 300,
        "extra_km_amount": 5_000,
        "late_grace_minutes": 29,
        "late_first_hour_amount": 100_000,
        "late_next_hour_amount": 200_000,
        "return_battery_percent": 20,
        "energy_fee_amount": 50_000,
    },
    "included_km": 125,
    "late_cap": 900_000,
    "cancel": {"free_hours": 24, "half_hours": 12, "half_percent": 50, "fresh_hours": 1},
    "objection_hours": 48,
}
HANDOVER: dict[str, Any] = {
    "odometer_km": 12_000,
    "battery_percent": 90,
    "inspected_by": "Trần Văn Bình",
    "completed_at": "2026-11-21T01:20:00+00:00",
    "note": "Xe vừa rửa.",
    "checked": [{"vi": "Lốp và đèn tốt", "en": "Tyres and lights good"}],
    "photos": [{"vi": "Phía trước", "en": "Front", "sha256": "ab" * 32}],
    "damages": [
        {
            "part": {"vi": "Cản trước", "en": "Front bumper"},
            "kind": {"vi": "trầy xước", "en": "scratch"},
            "note": "3 cm",
        }
    ],
}


def old_contract() -> Contract:
    """Return it, unsaved."""
    return Contract(
        number="HD-7K2M4Q-1",
        version=1,
        data=copy.deepcopy(DATA),
        handover=copy.deepcopy(HANDOVER),
        sha256="cd" * 32,
        created_at=DRAWN_AT,
        signed_at=SIGNED_AT,
    )


def old_signatures() -> list[ContractSignature]:
    """Return what a document reads of the two signatures under it."""
    people = (
        (Signer.RENTER, SigningMethod.DRAWN, "Nguyễn Minh Anh", "U-7K2M4Q9ACD"),
        (Signer.STAFF, SigningMethod.TYPED, "Trần Văn Bình", "U-4H8N2PXYZW"),
    )
    return [cast("ContractSignature", _signature(*each)) for each in people]


def _signature(signer: Signer, method: SigningMethod, name: str, user: str) -> SimpleNamespace:
    return SimpleNamespace(
        pk=None,
        signer=signer,
        method=method,
        name=name,
        user=SimpleNamespace(public_id=user),
        image=SimpleNamespace(open=lambda _mode="rb": io.BytesIO(PICTURE)),
        signed_at=SIGNED_AT,
        ip_address="203.0.113.9",
        device="Máy tính bảng của trạm",
        strokes_sha256="ef" * 32,
        document_sha256="cd" * 32,
        code_sent_to="",
        consent_sha256="",
        tablet="",
        text_sha256="",
        record_sha256="",
        received_at=None,
    )
