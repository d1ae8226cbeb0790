"""What the counter refuses, each with a stable code and words that say what to do."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class WrongStation(DomainError):
    code = "wrong_station"
    status = 404
    message = _("Lượt đặt này thuộc trạm khác.")


class BookingNotConfirmed(DomainError):
    """`details["state"]` is the state as people must see it."""

    code = "booking_not_confirmed"
    message = _("Lượt đặt này chưa được xác nhận hoặc đã kết thúc, không thể giao xe.")


class TooEarly(DomainError):
    """`details["opens_at"]` is when the handover may begin."""

    code = "too_early"
    message = _("Chưa đến giờ giao xe. Có thể giao sớm nhất 30 phút trước giờ nhận.")


class TooLate(DomainError):
    code = "too_late"
    message = _("Đã quá giờ trả của lượt đặt này. Hãy gọi vận hành.")


class AlreadyHandedOver(DomainError):
    code = "already_handed_over"
    message = _("Xe của lượt đặt này đã được giao.")


class RenterHasOpenRental(DomainError):
    """`details["booking"]` is the code of the other one."""

    code = "renter_has_open_rental"
    message = _("Khách đang có một xe khác chưa trả.")


class VehicleStillOut(DomainError):
    """`details["booking"]` is the code of the rental that has the vehicle."""

    code = "vehicle_still_out"
    message = _("Xe của lượt đặt này chưa được trả về. Hãy gọi vận hành để đổi xe.")


class StepClosed(DomainError):
    code = "step_closed"
    message = _("Bước này đã xong và không sửa được nữa.")


class FaceNotCompared(DomainError):
    code = "face_not_compared"
    message = _(
        "Khuôn mặt của khách chưa được so với giấy tờ. Hãy so ở bước giấy tờ trước khi giao chìa khóa."
    )


class PapersNotChecked(DomainError):
    code = "papers_not_checked"
    message = _("Chưa đối chiếu giấy tờ gốc.")


class InspectionIncomplete(InvalidInput):
    """`details["missing"]` names the steps that lack something: papers, checklist, photos, readings."""

    code = "inspection_incomplete"
    message = _("Biên bản còn thiếu. Hãy làm nốt các bước chưa xong.")


class NoteMissing(InvalidInput):
    code = "note_missing"
    message = _("Có mục không đạt. Hãy ghi rõ vì sao.")


class UnknownCode(InvalidInput):
    code = "unknown_code"


class OdometerImplausible(InvalidInput):
    code = "odometer_implausible"
    message = _("Số km tăng quá nhiều so với lần ghi trước. Hãy xem lại đồng hồ.")


class ChargeNeedsPhoto(InvalidInput):
    code = "charge_needs_photo"
    message = _("Muốn thu tiền bồi thường thì phải có ảnh.")


class ChargeNotNow(InvalidInput):
    code = "charge_not_now"
    message = _("Khi giao xe chỉ ghi lại vết cũ, không thu tiền.")


class ChargeOutOfRange(InvalidInput):
    code = "charge_out_of_range"
    message = _("Số tiền bồi thường phải từ 0 đến 2 tỷ đồng.")


class VehicleNotReady(DomainError):
    """`details["condition"]` says how it stands."""

    code = "vehicle_not_ready"
    message = _("Xe chưa qua bước chuẩn bị nên chưa giao được.")


class VehicleNotEqual(DomainError):
    code = "vehicle_not_equal"
    message = _("Xe này không cùng mẫu, chưa sẵn sàng hoặc đã có người đặt. Hãy chọn xe khác.")


class NotPaid(DomainError):
    """`details["due"]` is what is missing, in dong."""

    code = "not_paid"
    message = _("Tiền thuê hoặc tiền cọc chưa đủ. Hãy mời khách thanh toán trước.")


class NotSigned(DomainError):
    code = "not_signed"
    message = _("Hợp đồng chưa đủ hai chữ ký.")


class PresentedAtOutOfRange(InvalidInput):
    code = "presented_at_out_of_range"
    message = _("Giờ đưa xe về phải nằm giữa giờ nhận xe và bây giờ.")


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = _("Hãy ghi lý do.")


class NotOut(DomainError):
    code = "not_out"
    message = _("Xe này không ở chỗ khách, không có gì để nhận lại.")


class NotSettling(DomainError):
    code = "not_settling"
    message = _("Quyết toán này đã xong hoặc đang được xem xét.")


class ObjectionTooLate(DomainError):
    code = "objection_too_late"
    message = _("Đã hết 48 giờ để khiếu nại.")


class ObjectionEmpty(InvalidInput):
    code = "objection_empty"
    message = _("Hãy ghi điều bạn không đồng ý.")


class PriceHasChanged(DomainError):
    """Nobody pays a price that they have not seen."""

    code = "price_has_changed"
    message = _("Giá vừa thay đổi. Hãy cho khách xem giá mới rồi bấm lại.")
