"""What may go wrong between us and a provider."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class GatewayUnavailable(DomainError):
    """The provider was not reached: nothing was done there."""

    code = "payment_provider_unavailable"
    status = 503
    message = _("Cổng thanh toán đang tạm ngừng. Vui lòng thử lại sau ít phút.")


class OutcomeUnknown(DomainError):
    """The request left us and no answer that we can trust came back: ask before trying again."""

    code = "payment_outcome_unknown"
    status = 503
    message = _("Chưa rõ kết quả từ cổng thanh toán. Hệ thống sẽ kiểm tra lại.")


class SignatureInvalid(DomainError):
    """A message does not come from the provider, or was changed on the way."""

    code = "payment_signature_invalid"
    status = 400
    message = _("Chữ ký của cổng thanh toán không hợp lệ.")


class AmountNotAccepted(DomainError):
    """The provider does not take an amount of this size."""

    code = "payment_amount_not_accepted"
    status = 422
    message = _("Cổng thanh toán không nhận số tiền này.")


class SettlementUnreadable(DomainError):
    """A settlement file or statement does not have the layout that its sender uses."""

    code = "settlement_unreadable"
    status = 422
    message = _(
        "Không đọc được tệp này: sai định dạng. Hãy tải lại tệp gốc từ ngân hàng hoặc cổng thanh toán."
    )


class HoldRefused(DomainError):
    """A hold cannot be done as asked."""

    code = "hold_refused"
    status = 409
    message = _("Cổng thanh toán không giữ được khoản tiền này.")


class MethodNotOffered(DomainError):
    """There is no such way to pay, or it is switched off."""

    code = "payment_method_not_offered"
    status = 422
    message = _("Phương thức thanh toán này hiện không dùng được. Hãy chọn phương thức khác.")
