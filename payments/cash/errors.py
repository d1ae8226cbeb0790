"""Refusals at the drawer."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class DrawerInUse(DomainError):
    """The drawer has a running session already."""

    code = "cash_drawer_in_use"
    message = _("Két này đang có một ca mở.")


class SessionNotOpen(DomainError):
    """Cash moves only while a session is open."""

    code = "cash_session_not_open"
    message = _("Chưa mở ca két, hoặc két đang được kiểm. Hãy mở ca trước khi thu chi tiền mặt.")


class CountNotHandedIn(DomainError):
    code = "cash_count_missing"
    message = _("Hãy nộp kết quả đếm trước khi đóng ca.")


class CountHandedIn(DomainError):
    """What was counted stands; it can be counted anew, not taken back."""

    code = "cash_count_handed_in"
    message = _("Kết quả đếm đã được nộp.")


class DifferenceNeedsReason(DomainError):
    """What was counted is not what should be there; `details` has counted, expected and difference."""

    code = "cash_difference_needs_reason"
    status = 422
    message = _("Số tiền đếm được khác sổ. Hãy nêu lý do.")


class CountNeedsSecondPerson(DomainError):
    """Who counted does not confirm the difference."""

    code = "cash_second_person_needed"
    status = 403
    message = _("Người đếm không tự xác nhận chênh lệch. Cần một trưởng trạm khác.")


class TooLittleTendered(DomainError):
    code = "cash_too_little"
    status = 422
    message = _("Khách đưa chưa đủ. Tiền mặt được thu đủ một lần.")


class AmountHasChanged(DomainError):
    """Another amount is asked for by now than the page showed; `details["amount"]` has the present one."""

    code = "cash_amount_changed"
    message = _("Số tiền cần thu vừa thay đổi. Hãy xem lại trước khi thu.")


class DrawerTooEmpty(DomainError):
    """More would leave the drawer than lies in it."""

    code = "cash_drawer_too_empty"
    message = _("Trong két không đủ tiền cho việc này.")


class NotPaidInCash(DomainError):
    """Cash goes back only for what was paid in cash."""

    code = "refund_not_in_cash"
    message = _("Khoản này không được trả bằng tiền mặt, nên không hoàn bằng tiền mặt.")


class AlreadyPaidOut(DomainError):
    code = "refund_already_paid_out"
    message = _("Khoản hoàn này đã được chi.")


class BagAlreadyUsed(DomainError):
    code = "cash_bag_used"
    message = _("Số niêm phong này đã dùng cho một túi khác.")


class WitnessIsSamePerson(DomainError):
    code = "cash_witness_same_person"
    status = 422
    message = _("Người làm chứng phải là một người khác.")
