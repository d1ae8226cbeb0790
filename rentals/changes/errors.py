"""What changes and extensions refuse, each with a stable code and words that say what to do."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voltgo.core.errors import DomainError, InvalidInput
from voltgo.core.templatetags.voltgo_ui import when


class CannotChange(DomainError):
    code = "cannot_change"
    message = gettext_lazy("Lượt đặt này không thể đổi được nữa.")


class NothingChanged(InvalidInput):
    code = "nothing_changed"
    message = gettext_lazy("Bạn chưa đổi gì. Hãy chọn giờ, trạm hoặc xe khác.")


class ChangeWaits(DomainError):
    """Another change of the same booking waits for its money."""

    code = "change_waits"
    message = gettext_lazy(
        "Lượt đặt này đang chờ thanh toán một thay đổi khác. Hãy trả tiền hoặc bỏ thay đổi đó."
    )


class PreviewOver(DomainError):
    """The quote is too old, used, or was made from terms that no longer stand."""

    code = "preview_over"
    message = gettext_lazy("Giá vừa xem đã hết hiệu lực. Hãy xem lại giá mới.")


class ChangeEnded(DomainError):
    code = "change_ended"
    message = gettext_lazy("Thay đổi này đã kết thúc.")


class CannotExtend(DomainError):
    """The vehicle is not out, or its return has begun."""

    code = "cannot_extend"
    message = gettext_lazy("Chuyến này không thể gia hạn được nữa.")


class TooLateToExtend(DomainError):
    code = "too_late_to_extend"
    message = gettext_lazy("Chuyến đã trễ quá lâu nên không gia hạn được. Hãy trả xe sớm nhất có thể.")


class ExtensionBlocked(DomainError):
    """Somebody else is promised the vehicle; `longest` is the latest return that is possible, or None."""

    code = "extension_blocked"
    message = gettext_lazy("Xe đã có khách khác đặt nên chưa gia hạn được.")

    def __init__(self, longest: datetime | None) -> None:
        words = None
        if longest is not None:
            words = _("Xe đã có khách khác đặt. Có thể gia hạn muộn nhất đến %(when)s.") % {
                "when": when(longest)
            }
        super().__init__(words, longest=longest.isoformat() if longest else None)
        self.longest = longest


class VehicleCannotStay(DomainError):
    """The vehicle's papers end before the rental would."""

    code = "vehicle_cannot_stay"
    message = gettext_lazy("Giấy tờ của xe không đủ hạn đến ngày trả mới. Hãy chọn ngày trả sớm hơn.")
