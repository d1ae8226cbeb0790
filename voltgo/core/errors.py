"""The root of every named refusal: a stable code, words for people, and a status for the web."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule said no. Subclasses name the fact; `code` never changes, `message` is for people."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: Any = _("Yêu cầu không thể thực hiện.")

    def __init__(self, message: Any = None, **details: Any) -> None:
        if message is not None:
            self.message = message
        self.details = details
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return str(self.message)


class NotFound(DomainError):
    code = "not_found"
    status = 404
    message = _("Không tìm thấy.")


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    message = _("Bạn không có quyền thực hiện việc này.")


class IllegalTransition(DomainError):
    code = "illegal_transition"
    message = _("Trạng thái đã thay đổi. Hãy tải lại trang rồi thử lại.")


class InvalidInput(DomainError):
    code = "invalid_input"
    status = 422
    message = _("Dữ liệu chưa hợp lệ.")
