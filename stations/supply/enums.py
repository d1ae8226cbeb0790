"""Choices of the supply guard."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SupplyLevel(models.TextChoices):
    """What may be booked for soon: everything, only beyond the walk-in reserve, or nothing."""

    NORMAL = "normal", _("bình thường")
    NARROW = "narrow", _("hạn chế")
    STOPPED = "stopped", _("tạm dừng")


class SupplyReason(models.TextChoices):
    ENOUGH = "enough", _("đủ xe sẵn sàng")
    FEW_READY = "few_ready", _("ít xe sẵn sàng")
    NONE_READY = "none_ready", _("không còn xe sẵn sàng")
    STATION_OFFLINE = "station_offline", _("trạm mất kết nối")
    OVERRIDE = "override", _("vận hành quyết định")
