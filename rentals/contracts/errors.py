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


class ConsentToSignMissing(InvalidInput):
    code = "consent_to_sign_missing"
    message = _("Hãy đánh dấu đồng ý ký điện tử trước.")


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


class WordingDamaged(DomainError):
    """The words of a published wording are not those whose hash was kept."""

    code = "wording_damaged"
    status = 500
    message = _("Lời văn của hợp đồng không còn nguyên vẹn. Hãy khôi phục từ bản sao lưu.")


class WordingFrozen(DomainError):
    """It is published or retired; only a draft can be written, published or thrown away."""

    code = "wording_frozen"
    message = _("Bản văn này đã ban hành nên không đổi được nữa. Hãy soạn bản mới từ bản này.")


class WordingIncomplete(InvalidInput):
    """It lacks what law or our own processes ask of every wording; details list it."""

    code = "wording_incomplete"
    message = _("Bản văn còn thiếu:")

    def __str__(self) -> str:
        return " ".join([str(self.message), *self.details.get("needs", [])])


class MakerIsChecker(DomainError):
    """Whoever wrote a draft cannot publish it."""

    code = "maker_is_checker"
    status = 403
    message = _("Bạn đã soạn bản này. Hãy nhờ người khác đọc và ban hành.")


class DayNotAhead(InvalidInput):
    code = "day_not_ahead"
    message = _("Ngày áp dụng phải từ hôm nay trở đi.")


class DayTaken(DomainError):
    """Another wording is published for the same day."""

    code = "day_taken"
    message = _("Đã có bản văn khác áp dụng từ đúng ngày này. Hãy chọn ngày khác.")


class CodeTaken(DomainError):
    code = "code_taken"
    message = _("Mã bản văn này đã có. Hãy chọn mã khác.")


class WordingNeeded(DomainError):
    """It is the only one in force; without it no contract could be drawn up."""

    code = "wording_needed"
    message = _("Đây là bản duy nhất đang áp dụng. Hãy ban hành bản khác trước khi ngừng bản này.")
