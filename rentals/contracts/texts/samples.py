"""Contracts that a wording is tried on: an invented booking, or a real one with its numbers masked."""

from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from rentals.bookings.models import Booking
from rentals.contracts.content import OBJECTION_HOURS, Content, content_of
from rentals.contracts.models import Contract
from rentals.contracts.services.wording import LAYOUT
from voltgo.core import clock

NUMBER = "HD-XEMTHU-1"
CODE = "xem-thu"
# Fixed, so that a preview differs from another by its words alone.
DRAWN_AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def invented(code: str = CODE) -> Contract:
    """Return a contract, unsaved, for a made-up renter."""
    return Contract(number=NUMBER, version=1, created_at=DRAWN_AT, data={**_named(code), **_invented()})


def of_booking(booking: Booking, code: str = CODE) -> Contract:
    """Return a contract, unsaved, as this booking's would be; writes nothing and reads no number in full."""
    content = content_of(booking, number=NUMBER)
    return Contract(
        booking=booking, number=NUMBER, version=1, created_at=clock.now(), data={**_named(code), **content}
    )


def _named(code: str) -> Content:
    return {"text_version": code, "text_sha256": "", "layout": LAYOUT}


def _invented() -> Content:
    return {
        "booking": "VG-7K2M4Q",
        "verify_url": settings.SITE_URL + reverse("rentals:contract-verify", args=[NUMBER]),
        "company": {key: str(value) for key, value in settings.COMPANY.items()},
        "renter": {
            "user": "U-7K2M4Q9ACD",
            "name": "Nguyễn Thị Mẫu",
            "email": "mau@example.vn",
            "phone": "0900 000 000",
            "born_on": "1995-03-14",
            "identity": {"kind": "citizen_card", "document": 0, "number": "•••••••••123"},
            "licence": {
                "kind": "driving_licence",
                "classes": "B",
                "number": "•••••••••456",
                "expires_on": "2035-06-01",
            },
        },
        "drivers": [
            {
                "user": "U-4H8N2PXYZW",
                "name": "Trần Văn Thử",
                "licence": {
                    "kind": "driving_licence",
                    "classes": "B",
                    "number": "•••••••••789",
                    "expires_on": None,
                },
            }
        ],
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
        "pickup": _station("hcm-01", "Trạm Bến Thành", "45 Lê Lợi, phường Bến Thành"),
        "return": _station("hcm-02", "Trạm Thảo Điền", "88 Xuân Thủy, phường An Khánh"),
        "starts_at": "2026-12-05T01:30:00+00:00",
        "ends_at": "2026-12-06T11:30:00+00:00",
        "lines": [
            _line("rent_day", "Thuê 1 ngày", "Rental for 1 day", 600_000, 44_444),
            _line("rent_hours", "Thuê 10 giờ", "Rental for 10 hours", 500_000, 37_037),
        ],
        "total": 1_100_000,
        "net": 1_018_519,
        "vat": 81_481,
        "deposit": 5_000_000,
        "quote_sha256": "0" * 64,
        "terms": {
            "included_km_per_day": 300,
            "extra_km_amount": 4_000,
            "late_grace_minutes": 29,
            "late_first_hour_amount": 100_000,
            "late_next_hour_amount": 200_000,
            "return_battery_percent": 20,
            "energy_fee_amount": 50_000,
        },
        "included_km": 425,
        "late_cap": 900_000,
        "cancel": {"free_hours": 24, "half_hours": 12, "half_percent": 50, "fresh_hours": 1},
        "objection_hours": OBJECTION_HOURS,
    }


def _station(code: str, name: str, address: str) -> Content:
    return {"code": code, "name": name, "address": address, "city": "TP. Hồ Chí Minh"}


def _line(code: str, vi: str, en: str, gross: int, vat: int) -> Content:
    return {"code": code, "vi": vi, "en": en, "gross": gross, "net": gross - vat, "vat": vat, "vat_bp": 800}
