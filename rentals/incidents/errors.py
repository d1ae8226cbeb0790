"""What incidents refuse."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = _("Hãy ghi lý do.")


class AlreadyOutOfService(DomainError):
    code = "already_out_of_service"
    message = _("Xe đã ngừng phục vụ vì một sự cố khác. Hãy xử lý xong sự cố đó trước.")


class NotOutOfService(DomainError):
    code = "not_out_of_service"
    message = _("Xe này không ngừng phục vụ.")


class OutOfServiceInThePast(InvalidInput):
    code = "out_of_service_in_the_past"
    message = _("Lúc kết thúc phải ở sau lúc này.")


class NotMissing(DomainError):
    code = "not_missing"
    message = _("Xe không ở ngoài với khách, nên không thể báo thất lạc.")


class IncidentOver(DomainError):
    code = "incident_over"
    message = _("Sự cố này đã xử lý xong, không giao đi được nữa.")
