"""What bays refuse."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class NoBayFree(DomainError):
    code = "no_bay_free"
    message = _("Trạm trả không còn chỗ đỗ trống cho xe này. Hãy chọn trạm khác.")
