"""What pricing refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class NoTariff(DomainError):
    code = "no_tariff"
    message = _("Mẫu xe này chưa có giá cho ngày bạn chọn.")


class QuoteExpired(DomainError):
    code = "quote_expired"
    message = _("Báo giá đã hết hiệu lực. Hãy xem lại giá mới.")


class PriceBackdated(InvalidInput):
    code = "price_backdated"
    message = _("Giá mới chỉ áp dụng từ hôm nay trở đi và không thay đổi những ngày đã qua.")


class PricesOverlap(DomainError):
    code = "prices_overlap"
    message = _("Đã có bảng giá khác cho những ngày này. Hãy kết thúc bảng giá đó trước.")
