"""What pricing refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class NoTariff(DomainError):
    code = "no_tariff"
    message = _("Mẫu xe này chưa có giá cho ngày bạn chọn.")


class QuoteExpired(DomainError):
    code = "quote_expired"
    message = _("Báo giá đã hết hiệu lực. Hãy xem lại giá mới.")
