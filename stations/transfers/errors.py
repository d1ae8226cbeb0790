"""What transfers refuse."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput, NotAllowed


class SameStation(InvalidInput):
    code = "same_station"
    message = _("Hãy chọn trạm khác với trạm của xe.")


class StationCannotTake(DomainError):
    code = "station_cannot_take"
    message = _("Trạm đến đang không hoạt động.")


class TransferInThePast(InvalidInput):
    code = "transfer_in_the_past"
    message = _("Giờ đến phải sau giờ đi và sau lúc này.")


class AlreadyInTransfer(DomainError):
    code = "already_in_transfer"
    message = _("Xe này đã có một lần điều chuyển đang mở.")


class VehicleHasMoved(DomainError):
    code = "vehicle_has_moved"
    message = _("Xe không còn ở trạm đi. Hãy hủy đề nghị này.")


class NotAtThisEnd(NotAllowed):
    code = "not_at_this_end"
    message = _("Chỉ nhân viên của trạm đi giao xe đi, và nhân viên của trạm đến nhận xe.")


class NotStandingHere(DomainError):
    code = "not_standing_here"
    message = _("Xe không đứng sẵn ở trạm: đang cho thuê, bảo dưỡng hoặc thất lạc.")


class TooManyPhotos(InvalidInput):
    code = "too_many_photos"
    message = _("Tối đa 8 ảnh cho mỗi lần.")
