"""What booking refuses, each with a stable code and words that say what to do."""

from django.utils.translation import gettext_lazy as _

from stations.timeline.errors import VehicleUnavailable
from voltgo.core.errors import DomainError, InvalidInput


class StationClosed(DomainError):
    code = "station_closed"
    status = 422
    message = _("Trạm không mở cửa vào giờ bạn chọn. Hãy chọn giờ khác.")


class PeriodNotOffered(DomainError):
    code = "period_not_offered"
    status = 422
    message = _("Thời gian thuê phải từ 1 giờ đến 60 ngày và bắt đầu trong tương lai.")


class TooManyBookings(DomainError):
    code = "too_many_bookings"
    message = _("Bạn đang giữ quá nhiều lượt đặt chưa thanh toán. Hãy thanh toán hoặc hủy bớt.")


class TooManyBookingsAhead(DomainError):
    code = "too_many_bookings_ahead"
    message = _(
        "Bạn đã có đủ số lượt đặt sắp tới cho phép. Hãy hủy một lượt, hoặc đặt lại sau khi đi xong một chuyến."
    )


class TooManyBookingsToday(DomainError):
    code = "too_many_bookings_today"
    message = _("Bạn đã đặt đủ số lượt cho phép trong hôm nay. Hãy đặt lại vào ngày mai hoặc gọi tổng đài.")


class HoldOver(DomainError):
    code = "hold_over"
    message = _("Đã hết thời gian giữ xe.")


class StillInGrace(DomainError):
    code = "still_in_grace"
    message = _("Khách còn được chờ thêm.")


class WaitsTooShort(InvalidInput):
    code = "waits_too_short"
    message = _("Hãy chọn một lúc sau bây giờ và trước giờ trả xe.")


class WaitWithoutReason(InvalidInput):
    code = "wait_without_reason"
    message = _("Hãy ghi vì sao chờ khách thêm.")


class NotYoursToWaive(DomainError):
    code = "not_yours_to_waive"
    status = 403
    message = _("Chỉ trưởng trạm hoặc vận hành được quyết định chờ khách thêm.")


class StationWasClosed(DomainError):
    code = "station_was_closed"
    message = _("Trạm đã đóng cửa vào giờ hẹn. Hãy hủy với lý do của VoltGo để hoàn đủ tiền.")


class CannotMove(DomainError):
    code = "cannot_move"
    message = _("Lượt đặt này không chuyển xe được nữa. Hãy tải lại trang để xem tình hình mới.")


class CannotCancel(DomainError):
    code = "cannot_cancel"
    message = _("Lượt đặt này không thể hủy được nữa.")


__all__ = [
    "CannotCancel",
    "CannotMove",
    "HoldOver",
    "NotYoursToWaive",
    "PeriodNotOffered",
    "StationClosed",
    "StationWasClosed",
    "StillInGrace",
    "TooManyBookings",
    "TooManyBookingsAhead",
    "TooManyBookingsToday",
    "VehicleUnavailable",
    "WaitWithoutReason",
    "WaitsTooShort",
]
