"""Receipts and the counter that numbers them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.invoices.enums import ReceiptKind, ReceiptState, Series
from voltgo.core.money import DongField


class ReceiptCounter(models.Model):
    """The last number given in one series and year; its row lock is what keeps numbers without gaps."""

    series = models.CharField(_("loại số"), max_length=4, choices=Series, default=Series.RECEIPT)
    year = models.PositiveSmallIntegerField(_("năm"))
    last_number = models.PositiveIntegerField(_("số cuối"), default=0)

    class Meta:
        verbose_name = _("bộ đếm biên nhận")
        verbose_name_plural = _("các bộ đếm biên nhận")
        constraints: ClassVar = [
            models.UniqueConstraint(name="receipt_counter_one_per_year", fields=["series", "year"]),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.last_number}"


class Receipt(models.Model):
    """One receipt for money that we keep or received, its lines frozen as issued."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("số"), max_length=20, unique=True)
    kind = models.CharField(_("loại"), max_length=12, choices=ReceiptKind, default=ReceiptKind.RENTAL)
    reference = models.CharField(_("tham chiếu"), max_length=80)
    # The first, second, … of its kind for this reference.
    sequence = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    # Names the fact that it is for: the same fact has one receipt, however often it is asked for.
    key = models.CharField(_("khóa chống lặp"), max_length=160, unique=True)
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
            models.UniqueConstraint(
                name="receipt_numbered_within_its_kind", fields=["kind", "reference", "sequence"]
            ),
        ]
        # "The receipts of this booking."
        indexes: ClassVar = [models.Index(fields=["reference"], name="receipt_reference")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("payments:receipt-pdf", args=[self.pk])
