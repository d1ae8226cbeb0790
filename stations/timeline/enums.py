"""Choices of the timeline."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AllocationKind(models.TextChoices):
    BOOKING = "booking", _("đặt xe")
    MAINTENANCE = "maintenance", _("bảo dưỡng")
    TRANSFER = "transfer", _("điều chuyển")
    PREPARATION = "preparation", _("chuẩn bị")
    OWNER_BLOCK = "owner_block", _("chủ xe dùng")


class AllocationState(models.TextChoices):
    HELD = "held", _("đang giữ")
    CONFIRMED = "confirmed", _("đã xác nhận")
    ON_RENTAL = "on_rental", _("đang thuê")
    BLOCKED = "blocked", _("bị khóa")
    RELEASED = "released", _("đã trả")
    EXPIRED = "expired", _("hết hạn giữ")


# Why an operator may take a vehicle's time; bookings come by their own way.
BLOCKING_KINDS = (AllocationKind.MAINTENANCE, AllocationKind.TRANSFER, AllocationKind.PREPARATION)

# One list for the constraint, the partial indexes and every query: a partial index is used only when
# the query names the same states.
LIVE_STATES = (
    AllocationState.HELD,
    AllocationState.CONFIRMED,
    AllocationState.ON_RENTAL,
    AllocationState.BLOCKED,
)
