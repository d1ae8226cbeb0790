"""Who can sign in to the demo, and with what; needs no database."""

from __future__ import annotations

from rentals.demo.people import DOMAIN, PERSONAS

# Published on purpose: whoever runs the demo must be able to sign in as anybody.
DEMO_PASSWORD = "voltgo-demo-2026"  # noqa: S105 (no secret)
# On an enrolled tablet, for the staff that is named below.
DEMO_PIN = "581047"
ADMIN_EMAIL = f"admin@{DOMAIN}"
TWO_STATIONS_EMAIL = f"attendant-hcm-03@{DOMAIN}"
PIN_EMAILS = (f"attendant-hcm-01@{DOMAIN}", f"supervisor-hcm-01@{DOMAIN}", TWO_STATIONS_EMAIL)

_LABELS: tuple[tuple[str, str], ...] = (
    ("Người thuê, giấy tờ đã duyệt", PERSONAS["verified"].email),
    ("Người thuê, giấy tờ chờ duyệt", PERSONAS["waiting"].email),
    ("Người thuê, giấy phép hết hạn", PERSONAS["expired"].email),
    ("Người thuê bị chặn", PERSONAS["blocked"].email),
    ("Người thuê mới, chưa gửi giấy tờ", PERSONAS["new"].email),
    ("Nhân viên trạm Bến Thành", PIN_EMAILS[0]),
    ("Trưởng trạm Bến Thành", PIN_EMAILS[1]),
    ("Nhân viên của hai trạm: Landmark 81, Thảo Điền", TWO_STATIONS_EMAIL),
    ("Kỹ thuật viên đội lưu động TP.HCM", f"technician-hcm-1@{DOMAIN}"),
    ("Vận hành", PERSONAS["operator"].email),
    ("Tài chính", PERSONAS["finance"].email),
    ("Tài chính, người duyệt thứ hai", PERSONAS["checker"].email),
    ("Chủ xe", PERSONAS["owner"].email),
    ("Quản trị hệ thống", ADMIN_EMAIL),
)


def demo_logins() -> list[tuple[str, str, str]]:
    """Return (label, email, password) of the accounts that a visitor of the demo tries out."""
    return [(label, email, DEMO_PASSWORD) for label, email in _LABELS]
