"""Refusals about identity papers."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput, NotAllowed


class ImagesMissing(InvalidInput):
    """`details["sides"]` names what is missing."""

    code = "document_images_missing"
    message = _("Cần ảnh của cả hai mặt giấy tờ.")


class ImagesRefused(InvalidInput):
    """Photographs cannot be used; `details["errors"]` holds the refusal of each side."""

    code = "document_images_refused"
    message = _("Có ảnh không dùng được. Hãy chụp lại.")


class ConsentMissing(InvalidInput):
    code = "consent_missing"
    message = _("Cần bạn đồng ý cho kiểm tra giấy tờ trước khi gửi.")


class TooManySubmissions(DomainError):
    code = "too_many_submissions"
    status = 429
    message = _("Bạn đã gửi giấy tờ này nhiều lần trong hôm nay. Hãy thử lại vào ngày mai hoặc gọi tổng đài.")


class ReviewerIsSubject(NotAllowed):
    code = "reviewer_is_subject"
    message = _("Bạn không thể duyệt giấy tờ của chính mình. Hãy nhờ người khác.")


class DocumentNumberTaken(DomainError):
    """The number stands on an approved paper of somebody else."""

    code = "document_number_taken"
    message = _("Số giấy tờ này đã được duyệt cho một tài khoản khác. Hãy từ chối với lý do trùng giấy tờ.")


class PaperContradictsAccount(InvalidInput):
    """Name or date of birth differ from what is known; `details["fields"]` names which.

    The reviewer may still approve, with a reason that is kept.
    """

    code = "paper_contradicts_account"
    message = _("Thông tin trên giấy tờ khác với tài khoản. Hãy từ chối, hoặc ghi rõ lý do vẫn chấp nhận.")


class PaperUnreadable(InvalidInput):
    """What was read cannot be right; `details["errors"]` holds {field: words}."""

    code = "paper_reading_invalid"
    message = _("Thông tin đọc từ giấy tờ chưa hợp lệ.")


class PaperTaken(DomainError):
    """Another reviewer is at work on it; `details["reviewer"]` is their name."""

    code = "paper_taken"
    message = _("Một người khác đang duyệt giấy tờ này.")


class SecondLookNeedsAnother(NotAllowed):
    code = "second_look_needs_another"
    message = _("Bạn đã duyệt giấy tờ này lần đầu. Lần hai phải là một người khác.")


class ReadingsDiffer(InvalidInput):
    """The second of two reviewers has read something else than the first; `details["fields"]` names what.

    They may still approve when they have looked again.
    """

    code = "readings_differ"
    message = _("Bạn đọc khác với người duyệt đầu. Hãy xem lại ảnh.")


class PapersStillNeeded(DomainError):
    """Something is under way that papers are kept for; `details["needs"]` says what, in words."""

    code = "papers_still_needed"
    message = _("Giấy tờ của bạn còn cần cho việc đang diễn ra nên chưa xóa được.")


class VerificationPolicyBackdated(InvalidInput):
    code = "verification_policy_backdated"
    message = _("Quy định mới chỉ áp dụng từ hôm nay trở đi.")


class VerificationPolicyExists(DomainError):
    code = "verification_policy_exists"
    message = _("Đã có quy định bắt đầu từ ngày này. Hãy chọn ngày khác.")
