"""What the supply guard refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class SupplyTooLow(DomainError):
    """Too few vehicles stand ready for one more booking for soon; whoever walks in is served all the same."""

    code = "supply_too_low"
    message = _(
        "Trạm này tạm ngừng nhận đặt trước cho giờ gần vì ít xe sẵn sàng. Trạm vẫn nhận khách đến trực tiếp; "
        "bạn cũng có thể chọn giờ muộn hơn hoặc trạm gần đó."
    )


class OverrideInThePast(InvalidInput):
    code = "override_in_the_past"
    message = _("Thời điểm kết thúc phải ở tương lai.")


class AlreadyOverridden(DomainError):
    code = "already_overridden"
    message = _("Đã có một quyết định đang áp dụng cho loại xe này ở trạm. Hãy kết thúc quyết định đó trước.")


class OverrideOver(DomainError):
    code = "override_over"
    message = _("Quyết định này đã kết thúc.")
