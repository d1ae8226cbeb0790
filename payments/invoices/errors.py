"""Refusals of receipts."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class NothingToReceipt(DomainError):
    """A receipt needs a line."""

    code = "receipt_without_lines"
    status = 422
    message = _("Biên nhận cần ít nhất một dòng.")


class ReceiptNotReady(DomainError):
    """The PDF is still being made."""

    code = "receipt_not_ready"
    status = 409
    message = _("Biên nhận đang được tạo. Vui lòng thử lại sau ít giây.")
