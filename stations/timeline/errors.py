"""What the timeline refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput


class VehicleUnavailable(DomainError):
    code = "vehicle_unavailable"
    message = _("Xe vừa được người khác đặt trong khung giờ này.")


class AllocationLost(DomainError):
    """The claim is no longer live: its hold ran out and was swept."""

    code = "allocation_lost"
    message = _("Thời gian giữ chỗ đã hết.")


class BlockInThePast(InvalidInput):
    code = "block_in_the_past"
    message = _("Khoảng thời gian này đã qua.")


class TimeIsClaimed(DomainError):
    """Somebody's claim stands in the way of a block."""

    code = "time_is_claimed"
    message = _("Xe đã có lịch trong khoảng thời gian này.")


class NotBlocked(DomainError):
    code = "not_blocked"
    message = _("Khoảng thời gian này không còn bị khóa.")
