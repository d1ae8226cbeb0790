"""What the fleet refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class OdometerWentBack(InvalidInput):
    code = "odometer_went_back"
    message = _("Số km không thể nhỏ hơn lần ghi trước.")


class BatteryOutOfRange(InvalidInput):
    code = "battery_out_of_range"
    message = _("Pin phải từ 0 đến 100 %.")


class ChecklistIncomplete(InvalidInput):
    code = "checklist_incomplete"
    message = _("Còn mục chưa kiểm.")


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = _("Hãy ghi lý do.")


class BatteryTooLow(DomainError):
    code = "battery_too_low"
    status = 422
    message = _("Pin chưa đủ để giao xe. Hãy sạc thêm.")


class PapersExpired(DomainError):
    code = "papers_expired"
    message = _("Giấy tờ xe đã hết hạn (đăng ký, bảo hiểm hoặc đăng kiểm). Hãy báo vận hành.")


class NotInService(DomainError):
    code = "not_in_service"
    message = _("Xe này đang không được khai thác.")


class StillInService(DomainError):
    code = "still_in_service"
    message = _("Hãy tạm ngừng khai thác xe trước, để không ai đặt xe ở trạm cũ.")


class VehicleWithRenter(DomainError):
    code = "vehicle_with_renter"
    message = _("Xe đang ở chỗ khách thuê.")


class VehicleIsPromised(DomainError):
    code = "vehicle_is_promised"
    message = _("Xe còn lượt đặt phía trước. Hãy chuyển các lượt đó sang xe khác trước.")


class BayTaken(DomainError):
    code = "bay_taken"
    message = _("Chỗ đỗ này đã có xe. Hãy chọn chỗ khác.")


class BayElsewhere(DomainError):
    code = "bay_elsewhere"
    message = _("Chỗ đỗ này không thuộc trạm của xe hoặc không còn dùng.")


class NotAtStation(DomainError):
    code = "not_at_station"
    message = _("Xe không đứng ở trạm.")
