"""One made-up context for each kind of message: what its texts may rely on, for previews and tests."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from accounts.notifications.enums import MessageKind
from voltgo.core.clock import LOCAL_ZONE

START = datetime(2026, 11, 28, 8, 0, tzinfo=LOCAL_ZONE)
END = START + timedelta(hours=34)
# What the renter gets back, by which way and when.
BACK = "Đang hoàn 445.000 ₫ về nguồn đã trả. Ngân hàng thường cần 1 đến 7 ngày làm việc."
BOOKING: Mapping[str, Any] = {"code": "VG-7K2M4Q", "vehicle_model": "VinFast VF 6"}
PICKUP: Mapping[str, Any] = {
    "starts_at": START, "pickup_name": "Trạm Bến Thành", "pickup_address": "12 Lê Lợi, phường Bến Thành",
}  # fmt: skip
RETURN: Mapping[str, Any] = {
    "due_at": END, "return_name": "Trạm Thảo Điền", "return_address": "88 Xuân Thủy, phường An Khánh",
}  # fmt: skip
LINES = [
    {"label": "Thuê 1 ngày", "amount": 890_000, "is_prepaid": True},
    {"label": "12 km vượt quá", "amount": 48_000, "is_prepaid": False},
]
SETTLEMENT: Mapping[str, Any] = {
    "code": "VG-7K2M4Q", "vehicle": "51K-123.45 · VinFast VF 6", "booking_path": "/bookings/VG-7K2M4Q/",
    "lines": LINES, "total": 938_000, "prepaid": 890_000, "extra": 48_000, "deposit": 5_000_000,
    "captured": 48_000, "released": 4_952_000, "debt": 0,
    "retained": 500_000, "retained_until": date(2026, 12, 29), "objection_until": END + timedelta(hours=48),
    "resolution": "Đã xem lại ảnh lúc nhận xe và bỏ dòng vết xước.",
}  # fmt: skip
ALTERNATIVES = [
    {"label": "VinFast VF 5, Trạm Bến Thành, 08:00", "url": "/stations/ben-thanh/"},
    {"label": "VinFast VF 6, Trạm Thảo Điền, 09:30", "url": "https://voltgo.example/stations/thao-dien/"},
]
WAITING: Mapping[str, Any] = {
    "entry_code": "DC-4H8N2P", "vehicle_model": "VinFast VF 6", "station_name": "Trạm Bến Thành", "starts_at": START,
}  # fmt: skip

FINE: Mapping[str, Any] = {
    "code": "VG-7K2M4Q", "fine_code": "PN-4H8N2P", "violated_at": START, "place": "Ngã tư Hàng Xanh",
    "offence": "Vượt đèn đỏ", "amount": 5_000_000, "answer_until": END + timedelta(days=7),
    "fine_path": "/fines/PN-4H8N2P/",
}  # fmt: skip

CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    MessageKind.DOCUMENT_APPROVED: {"kind_label": "giấy phép lái xe", "is_complete": True},
    MessageKind.DOCUMENT_REJECTED: {
        "kind_label": "giấy phép lái xe", "problem": "Ảnh bị lóa.", "cure": "Chụp lại, tránh đèn chiếu thẳng.",
        "note": "Góc trên bên phải.", "path": "/account/identity/driving_licence/",
    },
    MessageKind.DOCUMENT_EXPIRED: {"kind_label": "giấy phép lái xe", "path": "/account/identity/driving_licence/"},
    MessageKind.DOCUMENT_EXPIRING: {
        "kind_label": "giấy phép lái xe", "path": "/account/identity/driving_licence/",
        "expires_on": date(2026, 12, 28), "days": 30,
    },
    MessageKind.FINE_RECEIVED: FINE,
    MessageKind.FINE_DECIDED: {**FINE, "answer": "Ảnh cho thấy đúng biển số và đúng giờ.", "is_upheld": True},
    MessageKind.BOOKING_CONFIRMED: {
        **BOOKING, **PICKUP, **RETURN, "ends_at": END, "total_amount": 890_000, "deposit_amount": 5_000_000,
    },
    MessageKind.DEPOSIT_NEEDED: {
        **BOOKING, "starts_at": START, "pickup_name": "Trạm Bến Thành", "amount": 5_000_000, "why": "declined",
        "pay_path": "/payments/00000000-0000-4000-8000-000000000000/",
    },
    MessageKind.BOOKING_CANCELLED: {**BOOKING, "refund": 445_000, "fee": 445_000, "back": BACK},
    MessageKind.BOOKING_NO_SHOW: {**BOOKING, "refund": 5_000_000, "fee": 890_000, "back": BACK},
    MessageKind.LATE_PAYMENT_REFUNDED: {"code": "VG-7K2M4Q", "amount": 5_890_000, "back": BACK},
    MessageKind.MONEY_BACK: {
        "code": "VG-7K2M4Q", "amount": 445_000, "is_credit": False, "is_cash": False, "is_transfer": False,
        "path": "/account/wallet/refunds/00000000-0000-4000-8000-000000000000/",
    },
    MessageKind.REFUND_NEEDS_ACCOUNT: {
        "code": "VG-7K2M4Q", "amount": 445_000,
        "path": "/account/wallet/refunds/00000000-0000-4000-8000-000000000000/",
    },
    MessageKind.CONTRACT_SIGNED: {"code": "VG-7K2M4Q", "number": "HD-2026-000123", "sha256": "9f86d081" * 8},
    MessageKind.CONTRACT_AMENDED: {
        "code": "VG-7K2M4Q", "contract_number": "HD-2026-000123", "number": "HD-2026-000123-PL1",
        "amendment": "extension", "sha256": "9f86d081" * 8,
    },
    MessageKind.SETTLEMENT_READY: SETTLEMENT,
    MessageKind.RECEIPT_ISSUED: {
        **SETTLEMENT, "number": "BN-2026-000456", "receipt_path": "/receipts/BN-2026-000456/", "back": BACK,
    },
    MessageKind.CASH_RECEIPT: {
        "number": "PT-2026-000123", "amount": 1_500_000, "at": START, "place": "Két Trạm Bến Thành",
        "reference_label": "Lượt đặt VG-7K2M4Q", "path": "/payments/5f2b/",
    },
    MessageKind.CASH_VARIANCE: {
        "session": "0b7a3c52-5f0e-4a6b-9d0d-2f1f6a1c9e11", "amount": -50_000, "at_opening": False,
        "person": "Lê Thị Hoa", "reason": "Thối nhầm cho khách", "station_name": "Trạm Bến Thành",
    },
    MessageKind.BOOKING_CHANGED: {
        **BOOKING, "starts_at": START, "ends_at": END, "pickup_name": "Trạm Bến Thành",
        "return_name": "Trạm Thảo Điền", "before_starts_at": START - timedelta(days=1),
        "before_ends_at": END - timedelta(days=1), "difference": -120_000, "total_amount": 770_000,
        "back": BACK,
    },
    MessageKind.BOOKING_CHANGE_REFUNDED: {"code": "VG-7K2M4Q", "amount": 240_000, "back": BACK},
    MessageKind.RENTAL_EXTENDED: {
        **BOOKING, "before_ends_at": END, "ends_at": END + timedelta(hours=3), "amount": 240_000,
    },
    MessageKind.PICKUP_REMINDER: {**BOOKING, **PICKUP},
    MessageKind.RETURN_REMINDER: {**BOOKING, **RETURN},
    MessageKind.RETURN_DUE: {**BOOKING, **RETURN},
    MessageKind.RETURN_OVERDUE: {
        **BOOKING, "due_at": END, "minutes_late": 35, "fee": 100_000, "return_name": "Trạm Thảo Điền",
    },
    MessageKind.RETURN_ESCALATED: {
        **BOOKING, "due_at": END, "hours_late": 2, "fee": 300_000, "return_name": "Trạm Thảo Điền",
    },
    MessageKind.VEHICLE_REASSIGNED: {
        **BOOKING, "plate": "51K-678.90", "starts_at": START, "pickup_name": "Trạm Bến Thành",
    },
    MessageKind.VEHICLE_UPGRADED: {
        "code": "VG-7K2M4Q", "before_model": "VinFast VF 5", "vehicle_model": "VinFast VF 6",
        "plate": "51K-678.90", "starts_at": START, "pickup_name": "Trạm Bến Thành",
    },
    MessageKind.BOOKING_WITHDRAWN: {
        **BOOKING, "starts_at": START, "pickup_name": "Trạm Bến Thành", "refund": 5_890_000, "back": BACK,
        "alternatives": ALTERNATIVES,
    },
    MessageKind.WAITLIST_OFFER: {
        **WAITING, "code": "VG-7K2M4Q", "ends_at": END, "offered_until": START - timedelta(hours=20),
        "total_amount": 890_000,
        "deposit_amount": 5_000_000,
    },
    MessageKind.WAITLIST_LAPSED: {**WAITING, "was_offered": True},
    MessageKind.SUPPLY_CHANGED: {
        "station_name": "Trạm Bến Thành", "kind_label": "ô tô", "level_label": "hạn chế",
        "cause_label": "ít xe sẵn sàng", "ready": 2, "threshold": 4,
    },
    MessageKind.DRIVER_ANSWERED: {**BOOKING, "driver": "ha@example.vn", "has_agreed": True},
    MessageKind.INCIDENT_OPENED: {
        "incident": "SC-7K2M4Q", "kind_label": "trả xe trễ", "plate": "51K-123.45",
        "vehicle_model": "VinFast VF 5", "station_name": "Trạm Bến Thành", "renter_name": "Nguyễn Minh Anh",
        "renter_phone": "0900 000 001", "hours_late": 2,
    },
}  # fmt: skip
# The same kinds with other values, where the texts take another turn.
VARIANTS: Mapping[str, tuple[MessageKind, Mapping[str, Any]]] = {
    "document_approved-first": (MessageKind.DOCUMENT_APPROVED, {"is_complete": False}),
    "deposit_needed-ran-out": (MessageKind.DEPOSIT_NEEDED, {"why": "ran_out"}),
    "deposit_needed-no-card": (MessageKind.DEPOSIT_NEEDED, {"why": "no_card"}),
    "deposit_needed-asked": (MessageKind.DEPOSIT_NEEDED, {"why": "asked"}),
    "booking_cancelled-unpaid": (MessageKind.BOOKING_CANCELLED, {"refund": 0, "fee": 0, "back": ""}),
    "booking_cancelled-freed": (MessageKind.BOOKING_CANCELLED, {"freed": 5_000_000}),
    "booking_changed-dearer": (
        MessageKind.BOOKING_CHANGED,
        {"difference": 240_000, "back": "", "before_starts_at": START, "before_ends_at": END},
    ),
    "booking_changed-same": (
        MessageKind.BOOKING_CHANGED,
        {"difference": 0, "back": "", "return_name": "Trạm Bến Thành"},
    ),
    "contract_amended-swap": (MessageKind.CONTRACT_AMENDED, {"amendment": "swap"}),
    "contract_amended-return": (MessageKind.CONTRACT_AMENDED, {"amendment": "return"}),
    "contract_amended-damage": (MessageKind.CONTRACT_AMENDED, {"amendment": "damage"}),
    "return_overdue-free": (MessageKind.RETURN_OVERDUE, {"fee": 0, "minutes_late": 20}),
    "return_escalated-one": (MessageKind.RETURN_ESCALATED, {"hours_late": 1}),
    "booking_withdrawn-bare": (MessageKind.BOOKING_WITHDRAWN, {"refund": 0, "back": "", "alternatives": []}),
    "waitlist_lapsed-never": (MessageKind.WAITLIST_LAPSED, {"was_offered": False}),
    "driver_answered-no": (MessageKind.DRIVER_ANSWERED, {"has_agreed": False}),
    "cash_variance-opening": (MessageKind.CASH_VARIANCE, {"at_opening": True, "amount": 20_000}),
    "supply_changed-enough": (
        MessageKind.SUPPLY_CHANGED,
        {"level_label": "bình thường", "cause_label": "đủ xe sẵn sàng", "ready": 5},
    ),
}


def all_samples() -> Mapping[str, tuple[MessageKind, Mapping[str, Any]]]:
    """Return every sample by name: each kind once, and its variants."""
    plain = {name: (MessageKind(name), context) for name, context in CONTEXTS.items()}
    varied = {name: (kind, {**CONTEXTS[kind], **changes}) for name, (kind, changes) in VARIANTS.items()}
    return {**plain, **varied}
