"""States of a receipt."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import MACHINES, Machine


class ReceiptState(models.TextChoices):
    ISSUED = "issued", _("đã lập, đang tạo PDF")
    RENDERED = "rendered", _("đã có PDF")


RECEIPT = Machine("receipt", ReceiptState.ISSUED, {(ReceiptState.ISSUED, ReceiptState.RENDERED): MACHINES})
