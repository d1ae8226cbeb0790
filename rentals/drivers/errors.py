"""What additional drivers refuse, with words that say what to do."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class TooManyDrivers(DomainError):
    code = "too_many_drivers"
    message = _("Mỗi chuyến có nhiều nhất hai người lái thêm. Hãy bỏ một người rồi mời lại.")


class DriverIsRenter(InvalidInput):
    code = "driver_is_renter"
    message = _("Bạn đã là người lái của chuyến này. Hãy nhập email của người khác.")


class DriverAlreadyInvited(DomainError):
    code = "driver_already_invited"
    message = _("Người này đã được mời.")


class DriversClosed(DomainError):
    """The booking has ended, or the handover has begun."""

    code = "drivers_closed"
    message = _("Không đổi được người lái nữa: xe đang được giao hoặc lượt đặt đã kết thúc.")


class InvitationOver(DomainError):
    code = "invitation_over"
    message = _("Lời mời này không còn hiệu lực.")
