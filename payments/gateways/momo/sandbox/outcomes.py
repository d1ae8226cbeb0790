"""How a payment may end on the sandbox's page."""

from dataclasses import dataclass

from payments.gateways.momo import protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result code of one ending, and its name on the page."""

    code: int
    label: str
    label_en: str
    message: str


OUTCOMES: dict[str, Outcome] = {
    "success": Outcome(protocol.SUCCESS, "Thanh toán", "Pay", "Thành công."),
    "cancel": Outcome(1006, "Từ chối thanh toán", "Decline", "Giao dịch bị từ chối bởi người dùng."),
    "no_money": Outcome(1001, "Ví không đủ tiền", "Not enough money", "Tài khoản không đủ tiền."),
    "limit": Outcome(1004, "Vượt hạn mức ngày", "Over the daily limit", "Vượt quá hạn mức thanh toán."),
    "expired": Outcome(1005, "Hết hạn liên kết", "The link has expired", "Liên kết đã hết hạn."),
    "processing": Outcome(7002, "Đang được xử lý", "Being processed", "Giao dịch đang được xử lý."),
    "confirming": Outcome(7000, "Chờ xử lý", "Waiting", "Giao dịch đang chờ xử lý."),
}
