"""What one-time codes refuse."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from voltgo.core.errors import DomainError, InvalidInput


class CodeTooSoon(DomainError):
    """`details["seconds"]` says how long to wait."""

    code = "code_too_soon"
    status = 429

    def __init__(self, *, seconds: int) -> None:
        words = ngettext(
            "Mã vừa được gửi. Bạn có thể xin mã mới sau %(seconds)d giây.",
            "Mã vừa được gửi. Bạn có thể xin mã mới sau %(seconds)d giây.",
            seconds,
        )
        super().__init__(words % {"seconds": seconds}, seconds=seconds)


class TooManyCodes(DomainError):
    code = "too_many_codes"
    status = 429
    message = _("Bạn đã xin quá nhiều mã. Hãy thử lại sau một giờ, hoặc ký trên máy của nhân viên.")


class CodeNotSent(DomainError):
    """No channel took it; nothing waits for this code."""

    code = "code_not_sent"
    status = 503
    message = _("Chưa gửi được mã. Hãy thử lại, hoặc ký trên máy của nhân viên.")


class CodeMissing(InvalidInput):
    code = "code_missing"
    message = _("Hãy nhập mã xác nhận gồm 6 chữ số.")


class CodeWrong(InvalidInput):
    """`details["left"]` says how many tries are left."""

    code = "code_wrong"

    def __init__(self, *, left: int) -> None:
        words = ngettext(
            "Mã chưa đúng. Bạn còn %(left)d lần thử.", "Mã chưa đúng. Bạn còn %(left)d lần thử.", left
        )
        super().__init__(words % {"left": left}, left=left)


class CodeOver(InvalidInput):
    """It ran out, was tried too often, was used, or is for something else."""

    code = "code_over"
    message: Any = _("Mã không còn dùng được. Hãy xin mã mới.")
