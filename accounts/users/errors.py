"""Refusals about accounts and sign-in."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class NameLocked(DomainError):
    code = "name_locked"
    message = _(
        "Họ tên đã khớp với giấy tờ được duyệt nên không đổi được. Hãy gọi tổng đài nếu tên của bạn đã thay đổi."
    )


class EmailTaken(DomainError):
    code = "email_taken"
    message = _("Đã có tài khoản với email này. Hãy tìm lại bằng email.")


class ReasonMissing(InvalidInput):
    code = "reason_missing"
    message = _("Cần ghi lý do.")


class SignInFailed(DomainError):
    """Wrong email or password, or an account that may not sign in; which of them is not told."""

    code = "sign_in_failed"
    status = 401
    message = _("Email hoặc mật khẩu không đúng.")


class TooManySignIns(DomainError):
    code = "too_many_sign_ins"
    status = 429
    message = _("Đăng nhập sai quá nhiều lần. Hãy thử lại sau vài phút.")


class SecondFactorRequired(DomainError):
    """The password was right; the six digits of the authenticator app are still needed."""

    code = "second_factor_required"
    status = 401
    message = _("Nhập mã 6 chữ số từ ứng dụng xác thực.")


class SecondFactorWrong(DomainError):
    code = "second_factor_wrong"
    status = 401
    message = _("Mã xác thực không đúng hoặc đã dùng. Hãy chờ mã mới rồi thử lại.")
