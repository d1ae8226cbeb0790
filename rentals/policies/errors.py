"""What policies refuse."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class PolicyBackdated(InvalidInput):
    code = "policy_backdated"
    message = _("Chính sách mới chỉ áp dụng từ ngày mai trở đi và không thay đổi những ngày đã qua.")


class PoliciesOverlap(DomainError):
    code = "policies_overlap"
    message = _("Đã có chính sách khác cho những ngày này. Hãy sửa hoặc xóa chính sách đó trước.")
