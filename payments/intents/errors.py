"""Refusals of payments, deposits and refunds."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class IdempotencyConflict(DomainError):
    """The key was used before for something else."""

    code = "idempotency_conflict"
    message = _("Yêu cầu này trùng khóa với một yêu cầu khác.")


class AlreadyPaid(DomainError):
    code = "payment_already_paid"
    message = _("Khoản này đã được thanh toán.")


class PaymentEnded(DomainError):
    """The intent was cancelled or has expired."""

    code = "payment_ended"
    message = _("Yêu cầu thanh toán này đã kết thúc.")


class PaymentExpired(DomainError):
    """The time to pay is over, or too short to start."""

    code = "payment_expired"
    message = _("Đã hết thời gian thanh toán.")


class PaymentUnderReview(DomainError):
    """Money may have been taken already; a second payment would only add confusion."""

    code = "payment_under_review"
    message = _("Khoản thanh toán này đang được kiểm tra. Vui lòng không thanh toán lại.")


class UnknownReference(DomainError):
    """No payment, deposit or payer is known for the reference."""

    code = "payment_reference_unknown"
    status = 404
    message = _("Không có khoản thanh toán nào cho mã này.")


class DepositTooSmall(DomainError):
    """More is to be captured or released than is still held."""

    code = "deposit_too_small"
    message = _("Số tiền cọc còn giữ không đủ.")


class RefundTooLarge(DomainError):
    """More is to be refunded than is left of the payments."""

    code = "refund_too_large"
    message = _("Số tiền hoàn lớn hơn số tiền còn lại.")


class SecondPersonNeeded(DomainError):
    """Who asked for a refund or an adjustment above the limit cannot approve it too."""

    code = "second_person_needed"
    status = 403
    message = _("Số tiền này cần một người khác đồng ý.")


class CashNotPossible(DomainError):
    """Cash goes back only for what was paid in cash."""

    code = "cash_not_possible"
    message = _("Chỉ trả lại tiền mặt cho khoản đã thu bằng tiền mặt.")


class AlreadyReturned(DomainError):
    """The money of this refund has gone back already."""

    code = "already_returned"
    message = _("Khoản này đã được hoàn trước đó.")


class InABatch(DomainError):
    """The transfer stands in a file that the bank has."""

    code = "refund_in_a_batch"
    message = _("Khoản này đã được chuyển cho ngân hàng, không đổi được nữa.")


class CreditTooSmall(DomainError):
    """More credit is to be spent or paid out than there is."""

    code = "credit_too_small"
    message = _("Số dư VoltGo không đủ.")


class DebtTooSmall(DomainError):
    """More is to be written off than is owed."""

    code = "debt_too_small"
    message = _("Khách không còn nợ nhiều như vậy cho mã này.")


class NothingToTransfer(DomainError):
    """No transfer waits whose payee is known."""

    code = "nothing_to_transfer"
    message = _("Không có khoản nào đang chờ chuyển và đã biết tài khoản nhận.")


class NothingToHoldOn(DomainError):
    """No card is kept on which the deposit could be held, or none is needed any more."""

    code = "nothing_to_hold_on"
    message = _("Không có thẻ nào để giữ cọc. Hãy đề nghị khách trả cọc bằng cách khác.")


class InstrumentInUse(DomainError):
    """A deposit is held on the card, or will be."""

    code = "instrument_in_use"
    message = _("Thẻ này đang dùng để giữ tiền cọc, chưa bỏ được.")
