"""Receipts and the counter that numbers them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.invoices.enums import ReceiptState
from voltgo.core.money import DongField


class ReceiptCounter(models.Model):
    """The last number given in one year; its row lock is what keeps numbers without gaps."""

    year = models.PositiveSmallIntegerField(_("năm"), primary_key=True)
    last_number = models.PositiveIntegerField(_("số cuối"), default=0)

    class Meta:
        verbose_name = _("bộ đếm biên nhận")
        verbose_name_plural = _("các bộ đếm biên nhận")

    def __str__(self) -> str:
        return f"{self.year}: {self.last_number}"


class Receipt(models.Model):
    """One receipt of one reference, its lines frozen as issued."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("số"), max_length=20, unique=True)
    reference = models.CharField(_("tham chiếu"), max_length=80, unique=True)
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="receipts", verbose_name=_("người trả")
    )
    # Frozen as printed; the shapes stand in payments.invoices.documents.
    lines = models.JSONField(_("các dòng"))
    content = models.JSONField(_("nội dung"))
    net = DongField(_("trước thuế"))
    vat = DongField(_("thuế GTGT"))
    total = DongField(_("tổng cộng"))
    issued_at = models.DateTimeField(_("lập lúc"))
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=ReceiptState, default=ReceiptState.ISSUED
    )
    pdf = models.FileField(_("tệp PDF"), upload_to="receipts/%Y/", blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("biên nhận")
        verbose_name_plural = _("các biên nhận")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="receipt_total_is_net_and_vat",
                condition=models.Q(total=models.F("net") + models.F("vat")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("payments:receipt-pdf", args=[self.pk])
