"""What the timeline refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class VehicleUnavailable(DomainError):
    code = "vehicle_unavailable"
    message = _("Xe vừa được người khác đặt trong khung giờ này.")


class AllocationLost(DomainError):
    """The claim is no longer live: its hold ran out and was swept."""

    code = "allocation_lost"
    message = _("Thời gian giữ chỗ đã hết.")
