"""Refusals of reconciliation."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class FileUnreadable(DomainError):
    """A line of a file does not have the layout that its sender uses; nothing of it was taken in."""

    code = "reconciliation_file_unreadable"
    status = 422
    message = _("Không đọc được tệp này: sai định dạng.")


class FileOfAnotherDay(DomainError):
    """No line of the file belongs to the day that it was sent for."""

    code = "reconciliation_file_of_another_day"
    status = 422
    message = _("Tệp này không có dòng nào của ngày đã chọn.")


class FileOfAnotherSource(DomainError):
    """The file names payments of another provider, and none of the chosen one."""

    code = "reconciliation_file_of_another_source"
    status = 422
    message = _("Tệp này không phải của nguồn đã chọn.")


class FileTooLarge(DomainError):
    code = "reconciliation_file_too_large"
    status = 422
    message = _("Tệp này quá lớn.")


class LineIsClosed(DomainError):
    """What the line brought is booked already."""

    code = "bank_line_closed"
    message = _("Dòng sao kê này đã được xử lý.")


class TargetUnknown(DomainError):
    """Nobody can be named by what was typed."""

    code = "bank_line_target_unknown"
    status = 422
    message = _("Không tìm thấy đơn hoặc yêu cầu thanh toán này.")


class PayoutDiffers(DomainError):
    """The files of these days do not add up to the line."""

    code = "payout_differs"
    status = 422
    message = _("Các tệp đối soát của những ngày này không cộng lại thành số tiền trên dòng sao kê.")


class NothingToDecide(DomainError):
    """The difference is explained, or a newer run replaced it."""

    code = "reconciliation_nothing_to_decide"
    message = _("Mục này không còn cần xử lý.")


class ActionNotPossible(DomainError):
    """This cannot be done about such a difference."""

    code = "reconciliation_action_not_possible"
    message = _("Không làm được việc này với mục đối soát này.")


class BroughtByTheSame(DomainError):
    """Who brought a file does not decide alone about a large sum in it."""

    code = "reconciliation_second_person_needed"
    status = 403
    message = _("Bạn đã tải tệp này lên. Số tiền trên hạn mức duyệt cần một người khác quyết định.")


class NothingToConfirm(DomainError):
    """It is no statement that somebody brought by hand."""

    code = "reconciliation_nothing_to_confirm"
    message = _("Tệp này không cần ai xác nhận.")


class FileChanged(DomainError):
    """What is kept is not what was brought."""

    code = "reconciliation_file_changed"
    message = _("Nội dung đang lưu không còn giống tệp đã nhận. Không có gì được ghi sổ.")


class RunUnderWay(DomainError):
    """The same day is being compared by somebody else."""

    code = "reconciliation_under_way"
    message = _("Ngày này đang được đối soát. Vui lòng thử lại sau ít phút.")
