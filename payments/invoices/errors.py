"""Refusals of receipts, tax rules and e-invoices."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


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


class NoTaxRule(DomainError):
    """Nobody has said what VAT is due on that day."""

    code = "no_tax_rule"
    message = _("Chưa có thuế suất cho ngày này. Hãy báo cho VoltGo.")


class RuleBackdated(DomainError):
    """A rule would change days that are over."""

    code = "tax_rule_backdated"
    status = 422
    message = _("Quy tắc mới chỉ áp dụng từ hôm nay trở đi; ngày đã qua không đổi được.")


class RulesOverlap(DomainError):
    """Another rule of this activity is valid on one of these days."""

    code = "tax_rules_overlap"
    message = _("Đã có quy tắc khác của hoạt động này cho những ngày này.")


class BuyerIncomplete(InvalidInput):
    """The buyer cannot stand on an invoice like this; `details["field"]` says why."""

    code = "buyer_incomplete"
    message = _("Thông tin xuất hóa đơn chưa đủ.")


class AdjustmentTooLarge(DomainError):
    """More would be taken back than the invoice says."""

    code = "einvoice_adjustment_too_large"
    message = _("Khoản điều chỉnh lớn hơn phần còn lại của hóa đơn.")


class AnswersUnreadable(InvalidInput):
    """A file of the provider's answers is not what was agreed."""

    code = "einvoice_answers_unreadable"
    message = _("Không đọc được tệp trả lời của nhà cung cấp.")
