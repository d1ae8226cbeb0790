"""What contracts refuse, each with a stable code and words that say what to do."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class ContractNotReady(DomainError):
    """There is no rendered version to sign yet, or the version was replaced."""

    code = "contract_not_ready"
    message = _("Hợp đồng chưa sẵn sàng để ký. Hãy tải lại trang.")


class ContractChanged(DomainError):
    """What was shown is not what is on file now; nobody signs something else than they saw."""

    code = "contract_changed"
    message = _("Hợp đồng đã có phiên bản mới. Hãy đọc lại rồi ký.")


class ContractAlreadySigned(DomainError):
    code = "contract_already_signed"
    message = _("Hợp đồng đã được hai bên ký nên không thay đổi được nữa.")


class SignedByOther(DomainError):
    """This party has already signed, with another drawing."""

    code = "signed_by_other"
    message = _("Bên này đã ký rồi.")


class NotTheSigner(DomainError):
    code = "not_the_signer"
    status = 403
    message = _("Người này không phải là một bên của hợp đồng.")


class SignatureTooShort(InvalidInput):
    code = "signature_too_short"
    message = _("Nét ký quá ngắn. Hãy ký lại đầy đủ trong khung.")


class TypedNameDiffers(InvalidInput):
    """Typing stands in for drawing only under the signer's own name."""

    code = "typed_name_differs"
    message = _("Họ và tên gõ vào chưa khớp với người ký.")


class DocumentDamaged(DomainError):
    """The stored bytes are not those whose hash was kept."""

    code = "document_damaged"
    status = 500
    message = _("Tệp hợp đồng không còn nguyên vẹn. VoltGo đã được báo và sẽ khôi phục.")


class CannotRestore(DomainError):
    """The document was lost, and rendering it gives other bytes than those that were signed."""

    code = "cannot_restore"
    message = _("Không tạo lại được đúng tệp đã ký. Hãy lấy từ bản sao lưu.")
