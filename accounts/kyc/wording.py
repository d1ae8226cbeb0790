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
    RejectionCode.BLURRED: (
        _("Ảnh bị mờ."),
        _("Hãy giữ yên tay, chạm vào giấy tờ để lấy nét rồi chụp lại."),
    ),
    RejectionCode.GLARE: (
        _("Ảnh bị lóa nên có chỗ không đọc được."),
        _("Hãy tắt đèn flash, nghiêng nhẹ giấy tờ cho hết bóng rồi chụp lại."),
    ),
    RejectionCode.TOO_DARK: (
        _("Ảnh quá tối."),
        _("Hãy chụp ở nơi sáng hơn."),
    ),
    RejectionCode.TOO_SMALL: (
        _("Giấy tờ quá nhỏ trong ảnh."),
        _("Hãy đưa máy lại gần cho giấy tờ gần đầy khung rồi chụp lại."),
    ),
    RejectionCode.NOT_A_CARD: (
        _("Không thấy giấy tờ trong ảnh."),
        _("Hãy đặt giấy tờ trên nền tối, kín bốn góc trong khung, rồi chụp lại."),
    ),
    RejectionCode.WRONG_SIDE: (
        _("Ảnh chụp nhầm mặt giấy tờ."),
        _("Hãy lật giấy tờ rồi chụp lại đúng mặt."),
    ),
    RejectionCode.FACE_UNCLEAR: (
        _("Không thấy rõ khuôn mặt."),
        _(
            "Hãy nhìn thẳng vào máy, bỏ khẩu trang và kính râm, chụp ở nơi sáng và chỉ một mình bạn trong ảnh."
        ),
    ),
    RejectionCode.FACE_MISMATCH: (
        _("Khuôn mặt khác với ảnh trên giấy tờ."),
        _(
            "Hãy chụp lại chính khuôn mặt bạn. Nếu ảnh trên giấy tờ đã cũ, hãy mang bản gốc đến một trạm VoltGo."
        ),
    ),
    RejectionCode.PERMIT_NOT_VALID: (
        _("Giấy phép lái xe quốc tế này không có giá trị tại Việt Nam."),
        _("Chỉ giấy phép theo Công ước Viên 1968, do nước khác cấp và đi kèm giấy phép gốc, được chấp nhận."),
    ),
}


def problem_of(code: str) -> str:
    """Say what is wrong, in the active language; empty for no code."""
    return str(WORDS[code][0]) if code in WORDS else ""


def cure_of(code: str) -> str:
    """Say what to do about it, in the active language; empty for no code."""
    return str(WORDS[code][1]) if code in WORDS else ""
