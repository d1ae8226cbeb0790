"""What pricing refuses."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class NoTariff(DomainError):
    code = "no_tariff"
    message = _("Mẫu xe này chưa có giá cho ngày bạn chọn.")


class QuoteExpired(DomainError):
    code = "quote_expired"
    message = _("Báo giá đã hết hiệu lực. Hãy xem lại giá mới.")


class QuoteForAnother(DomainError):
    """The price depends on the person, and it was made for another one or for nobody in particular."""

    code = "quote_for_another"
    message = _("Báo giá này không tính cho bạn. Hãy xem giá của bạn.")


class TooShortForHoliday(InvalidInput):
    code = "too_short_for_holiday"
    message = _("Chuyến thuê trong dịp lễ này phải dài hơn.")


class OptionNotOffered(InvalidInput):
    """An add-on that does not exist, not for this vehicle, or more pieces than are offered."""

    code = "option_not_offered"
    message = _("Dịch vụ thêm này không áp dụng cho chuyến thuê bạn chọn.")


class OneWayNotOffered(InvalidInput):
    code = "one_way_not_offered"
    message = _("Xe này không trả được ở trạm bạn chọn.")


class PromotionReason(StrEnum):
    """Why a promotion code is not taken."""

    UNKNOWN = "unknown"
    NOT_NOW = "not_now"
    NOT_THIS_VEHICLE = "not_this_vehicle"
    NOT_HERE = "not_here"
    TOTAL_TOO_SMALL = "total_too_small"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    FIRST_BOOKING_ONLY = "first_booking_only"
    SIGN_IN = "sign_in"


PROMOTION_WORDS = {
    PromotionReason.UNKNOWN: _("Không có mã khuyến mãi này. Hãy kiểm tra lại mã."),
    PromotionReason.NOT_NOW: _("Mã khuyến mãi chưa bắt đầu hoặc đã hết hạn."),
    PromotionReason.NOT_THIS_VEHICLE: _("Mã khuyến mãi không áp dụng cho xe này."),
    PromotionReason.NOT_HERE: _("Mã khuyến mãi không áp dụng ở thành phố này."),
    PromotionReason.TOTAL_TOO_SMALL: _("Mã khuyến mãi chỉ áp dụng cho phần tiền thuê trên %(least)s."),
    PromotionReason.USED_UP: _("Mã khuyến mãi đã hết lượt dùng."),
    PromotionReason.USED_BY_YOU: _("Bạn đã dùng hết lượt của mã khuyến mãi này."),
    PromotionReason.FIRST_BOOKING_ONLY: _("Mã khuyến mãi chỉ dành cho lần đặt xe đầu tiên."),
    PromotionReason.SIGN_IN: _("Hãy đăng nhập để dùng mã khuyến mãi."),
}


class PromotionRefused(InvalidInput):
    code = "promotion_refused"

    def __init__(self, reason: PromotionReason, **words: Any) -> None:
        self.reason = reason
        message = PROMOTION_WORDS[reason]
        super().__init__(message % words if words else message, reason=reason.value)


class PriceBackdated(InvalidInput):
    code = "price_backdated"
    message = _("Giá mới chỉ áp dụng từ hôm nay trở đi và không thay đổi những ngày đã qua.")


class PricesOverlap(DomainError):
    code = "prices_overlap"
    message = _("Đã có bảng giá khác cho những ngày này. Hãy kết thúc bảng giá đó trước.")
