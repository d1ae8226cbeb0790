"""How a payment may end, and what its notification then says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """The two codes of one ending, and its name on the page."""

    response_code: str
    transaction_status: str
    label: str
    label_en: str
    # Only for tests: not offered on the page.
    hidden: bool = False
    # A payment given up has no transaction number.
    has_number: bool = True


OUTCOMES: dict[str, Outcome] = {
    "success": Outcome("00", "00", "Thanh toán", "Pay"),
    "cancel": Outcome("24", "02", "Hủy giao dịch", "Cancel", has_number=False),
    "no_money": Outcome("51", "02", "Tài khoản không đủ tiền", "Not enough money"),
    "expired": Outcome("11", "02", "Hết thời gian chờ", "Time has run out", has_number=False),
    "wrong_otp": Outcome("13", "02", "Nhập sai OTP", "Wrong OTP"),
    "suspicious": Outcome("07", "07", "Trừ tiền, giao dịch bị nghi ngờ", "Paid, but suspicious"),
    "reversed": Outcome(
        "99", "04", "Ngân hàng đã trừ tiền, VNPay báo lỗi", "Debited at the bank, failed at VNPay"
    ),
    # The codes contradict each other: not paid.
    "contradiction": Outcome("00", "02", "", "", hidden=True),
}
