"""What a person reads about a rejected paper: what is wrong, and what to do about it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import RejectionCode

WORDS: Mapping[str, tuple[Any, Any]] = {
    RejectionCode.UNREADABLE: (
        _("Ảnh bị mờ, lóa hoặc bị cắt nên không đọc được."),
        _("Hãy đặt giấy tờ trên nền tối, đủ sáng, không bật đèn flash, và chụp kín bốn góc."),
    ),
    RejectionCode.WRONG_DOCUMENT: (
        _("Ảnh không phải loại giấy tờ cần gửi."),
        _("Hãy chụp đúng loại giấy tờ, mặt trước và mặt sau của cùng một tấm thẻ."),
    ),
    RejectionCode.NAME_MISMATCH: (
        _("Tên trên giấy tờ khác với tên trong hồ sơ."),
        _("Hãy sửa họ tên trong hồ sơ cho khớp với giấy tờ rồi gửi lại."),
    ),
    RejectionCode.EXPIRED: (
        _("Giấy tờ đã hết hạn."),
        _("Hãy gửi giấy tờ còn giá trị."),
    ),
    RejectionCode.DUPLICATE: (
        _("Giấy tờ này đã dùng cho một tài khoản khác."),
        _("Hãy đăng nhập bằng tài khoản đó, hoặc gọi tổng đài nếu bạn không nhớ đã tạo."),
    ),
    RejectionCode.UNDER_AGE: (
        _("Bạn chưa đủ tuổi thuê xe."),
        _("Bạn có thể thuê xe gắn máy điện từ 16 tuổi, mô tô và ô tô từ 18 tuổi."),
    ),
    # The person may be honest: nothing is said of forgery, and the original clears it up.
    RejectionCode.SUSPECTED_FORGERY: (
        _("Chúng tôi chưa xác minh được giấy tờ này qua ảnh."),
        _("Hãy mang bản gốc đến một trạm VoltGo hoặc gọi tổng đài để được kiểm tra trực tiếp."),
    ),
}


def problem_of(code: str) -> str:
    """Say what is wrong, in the active language; empty for no code."""
    return str(WORDS[code][0]) if code in WORDS else ""


def cure_of(code: str) -> str:
    """Say what to do about it, in the active language; empty for no code."""
    return str(WORDS[code][1]) if code in WORDS else ""
