"""What may be refused about a fine."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class FileUnreadable(DomainError):
    """A list of fines has a wrong layout or a wrong line; nothing of it was taken in."""

    code = "fines_unreadable"
    status = 422
    message = _("Không đọc được danh sách phạt nguội.")


class NoSuchRental(DomainError):
    """The booking named did not have this vehicle at that time."""

    code = "fine_rental_mismatch"
    status = 409
    message = _("Lượt đặt này không giữ xe đó vào lúc vi phạm. Hãy kiểm tra mã đặt xe, biển số và giờ.")


class ReasonMissing(DomainError):
    """Somebody is owed an answer in words."""

    code = "fine_reason_missing"
    status = 422
    message = _("Hãy viết lý do.")


class TooLateToContest(DomainError):
    """The time to answer is over."""

    code = "fine_too_late"
    status = 409
    message = _("Đã hết hạn khiếu nại khoản phạt này. Hãy gọi cho VoltGo nếu có điều chưa đúng.")


class EvidenceMissing(DomainError):
    """Nobody is told of a fine without being shown what it is about."""

    code = "fine_evidence_missing"
    status = 409
    message = _("Chưa có ảnh hoặc quyết định làm bằng chứng. Hãy tải lên trước khi báo cho người thuê.")
