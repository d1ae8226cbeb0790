"""Refusals about messages."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class DeliveryBusy(DomainError):
    """Another worker is sending the message; the outbox comes back to it."""

    code = "delivery_busy"
    status = 409
    message = _("Tin này đang được gửi.")


class NothingToSendAgain(DomainError):
    code = "nothing_to_send_again"
    status = 409
    message = _("Tin này đang chờ gửi, không được người nhận chọn, hoặc đã hết ý nghĩa.")


class ChoiceNotOffered(InvalidInput):
    code = "choice_not_offered"
    message = _("Chủ đề này không có kênh đó, hoặc luôn được gửi và không tắt được.")
