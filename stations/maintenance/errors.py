"""What maintenance refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput, NotAllowed


class TextMissing(InvalidInput):
    code = "text_missing"
    message = _("Hãy ghi ngắn gọn xe bị gì.")


class NoteMissing(InvalidInput):
    code = "note_missing"
    message = _("Hãy ghi đã làm gì, hoặc vì sao không làm được.")


class UnknownChoice(InvalidInput):
    code = "unknown_choice"
    message = _("Mức độ này không có trong danh mục.")


class TooManyPhotos(InvalidInput):
    code = "too_many_photos"
    message = _("Tối đa 8 ảnh cho mỗi lần.")


class NotTheirJob(NotAllowed):
    code = "not_their_job"
    message = _("Việc này dành cho kỹ thuật hoặc đội lưu động được giao. Hãy nhờ trưởng trạm giao việc.")


class OnlySupervisorsAssign(NotAllowed):
    code = "only_supervisors_assign"
    message = _("Chỉ trưởng trạm hoặc vận hành giao việc cho người khác.")


class JobTaken(DomainError):
    code = "job_taken"
    message = _("Người khác đã nhận việc này.")


class TeamDoesNotServe(DomainError):
    code = "team_does_not_serve"
    message = _("Đội này không phụ trách trạm của xe, hoặc đã ngừng hoạt động.")


class NotInTeam(DomainError):
    code = "not_in_team"
    message = _("Người này không thuộc đội được giao.")


class UnsafeVehicle(DomainError):
    """A fault that makes the vehicle unsafe has not been put right."""

    code = "unsafe_vehicle"
    message = _("Xe còn lỗi mất an toàn chưa sửa xong. Xem phiếu bảo trì của xe.")
