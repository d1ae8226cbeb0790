"""The kinds of vehicles, which every area of stations names, those left of the fleet too."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VehicleKind(models.TextChoices):
    SCOOTER = "scooter", _("xe máy điện")
    CAR = "car", _("ô tô điện")
