"""What keeps a command from being applied: each says what becomes of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput, NotFound


class SyncRefusal(Exception):
    """What was done does not fit what the server has: a person decides. `code` is a key of rentals/sync/rules.py."""

    def __init__(self, code: str, *, found: dict[str, Any] | None = None) -> None:
        self.code = code
        self.found = found or {}
        super().__init__(code)


class SyncWait(Exception):
    """Something that was done before has not arrived yet; `code` is a key of rentals/sync/rules.py."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class SyncRejection(Exception):
    """It was never ours, or nobody can read it: kept as evidence, and nothing is told to whoever sent it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class FileNotAnnounced(NotFound):
    """No command of this tablet names such a file."""

    code = "file_not_announced"


class WrongOffset(DomainError):
    """`details["received"]` is how much of the file is here."""

    code = "wrong_offset"
    message = _("Mảnh tệp không nối tiếp phần đã nhận.")


class PieceTooLarge(DomainError):
    code = "piece_too_large"
    status = 413
    message = _("Mảnh tệp quá lớn.")


class FileDiffers(InvalidInput):
    """The whole file is not what its name says; it has to come again from the start."""

    code = "file_differs"
    message = _("Tệp nhận được không giống tệp đã báo. Tệp sẽ được gửi lại từ đầu.")


class FileNotAnImage(InvalidInput):
    code = "file_not_an_image"
    message = _("Tệp không phải ảnh JPEG, PNG hoặc WebP.")


class NotOurFile(InvalidInput):
    """Not saved by a tablet of ours, or damaged since."""

    code = "not_our_file"
    message = _("Tệp này không phải tệp do máy tính bảng của VoltGo lưu ra, hoặc đã hỏng.")


class NoteMissing(InvalidInput):
    code = "note_missing"
    message = _("Hãy ghi đã xử lý thế nào.")


class ResolutionNotOffered(DomainError):
    code = "resolution_not_offered"
    message = _("Cách xử lý này không dùng được cho trường hợp này.")


class StillRefused(DomainError):
    """Applying it all the same has met another obstacle; `details["code"]` names it."""

    code = "still_refused"
    message = _("Chưa áp dụng được: hệ thống gặp một trở ngại khác. Hãy xem lại.")
