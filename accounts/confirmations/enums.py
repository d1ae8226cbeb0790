"""What a one-time code may be for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CodePurpose(models.TextChoices):
    SIGN_CONTRACT = "sign_contract", _("ký hợp đồng")
    DRIVE_ALONG = "drive_along", _("nhận làm người lái cùng")
