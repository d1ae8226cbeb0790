"""What the paper refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class FormEntered(DomainError):
    """The form was entered before; a form is entered once."""

    code = "paper_form_entered"
    message = _("Phiếu này đã được nhập rồi.")


class DayOutOfReach(InvalidInput):
    code = "paper_day_out_of_reach"
    message = _("Chỉ in được phiếu cho hôm nay và bảy ngày tới.")


class BookingNotNamed(InvalidInput):
    """A blank form says nothing of whom it is about."""

    code = "paper_booking_not_named"
    message = _("Hãy ghi mã đặt xe của lượt này.")
