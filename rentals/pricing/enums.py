"""Choices of prices."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AddOnKind(models.TextChoices):
    # Reduced liability is a service of ours, not insurance in the law's sense; the insurer's policy is the vehicle's.
    INSURANCE = "insurance", _("giảm mức bồi thường")
    EQUIPMENT = "equipment", _("trang bị")
    SECOND_DRIVER = "second_driver", _("người lái thứ hai")


class AddOnUnit(models.TextChoices):
    RENTAL = "rental", _("mỗi lần thuê")
    DAY = "day", _("mỗi ngày")


class PromotionUseState(models.TextChoices):
    USED = "used", _("đã dùng")
    RETURNED = "returned", _("đã trả lại lượt")
