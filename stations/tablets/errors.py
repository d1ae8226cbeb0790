"""Named refusals about tablets and PINs."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class TabletUnknown(DomainError):
    """The device is not enrolled: no cookie, or one that opens nothing."""

    code = "tablet_unknown"
    status = 401
    message = _("Máy này chưa được ghi danh ở trạm nào.")


class TabletRevoked(DomainError):
    """The device is known and was withdrawn: what it keeps must be made unreadable at once."""

    code = "tablet_revoked"
    status = 410
    message = _("Máy tính bảng này đã bị thu hồi.")


class TabletNameTaken(DomainError):
    code = "tablet_name_taken"
    message = _("Trạm đã có máy mang tên này.")


class TabletAlreadyEnrolled(DomainError):
    code = "tablet_already_enrolled"
    message = _("Máy này đã được ghi danh.")


class TabletElsewhere(DomainError):
    """A person of another station holds the tablet: it works for its own station's people."""

    code = "tablet_elsewhere"
    status = 403
    message = _("Máy tính bảng này thuộc một trạm mà bạn không làm việc.")


class PinTooWeak(DomainError):
    code = "pin_too_weak"
    status = 422
    message = _("Mã PIN này dễ đoán. Hãy chọn sáu chữ số khác.")


class PinWrong(DomainError):
    """`details` hold `left`: how many tries there are."""

    code = "pin_wrong"
    status = 403
    message = _("Mã PIN chưa đúng.")


class PinDue(DomainError):
    """Nobody is signed in on the tablet, or not any more."""

    code = "pin_due"
    status = 401
    message = _("Hãy nhập mã PIN.")


class PinLocked(DomainError):
    code = "pin_locked"
    status = 403
    message = _("Đã nhập sai mã PIN năm lần. Hãy đăng nhập bằng email và mật khẩu.")


class PersonUnknown(DomainError):
    """Nobody of this station with a PIN: the same for strangers, colleagues elsewhere and made-up ids."""

    code = "person_unknown"
    status = 404
    message = _("Không có nhân viên này ở trạm, hoặc người này chưa đặt mã PIN.")


class TooManyTries(DomainError):
    code = "too_many_tries"
    status = 429
    message = _("Bạn thử quá nhiều lần. Hãy đợi một phút.")
