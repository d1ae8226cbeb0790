"""What the waitlist refuses, with words that say what to do."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class AlreadyWaiting(DomainError):
    code = "already_waiting"
    message = _("Bạn đã ở trong danh sách chờ cho mẫu xe và khung giờ này.")


class TooManyEntries(DomainError):
    code = "too_many_waitlist_entries"
    message = _("Bạn đang chờ ở nhiều nơi. Hãy rút một lượt chờ rồi thử lại.")


class VehicleIsFree(DomainError):
    """There is nothing to wait for."""

    code = "vehicle_is_free"
    message = _("Mẫu xe này đang còn xe trống. Bạn có thể đặt ngay.")


class NothingToWithdraw(DomainError):
    code = "nothing_to_withdraw"
    message = _("Lượt chờ này đã kết thúc.")


class EntryJustChanged(DomainError):
    """An offer was made between the page and the click."""

    code = "waitlist_entry_changed"
    message = _("Vừa có xe cho bạn. Hãy tải lại trang để xem.")
