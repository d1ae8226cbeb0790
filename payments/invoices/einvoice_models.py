"""Data of e-invoices for a licensed provider, and the files in which it leaves."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments.invoices.enums import EInvoiceKind, EInvoiceState
from payments.invoices.models import Receipt
from voltgo.core.money import DongField


class EInvoiceBatch(models.Model):
    """One hand-over of invoice data to the provider: which files were written, and their hashes."""

    provider = models.CharField(_("nhà cung cấp"), max_length=20)
    day = models.DateField(_("ngày"))
    number = models.PositiveIntegerField(_("lần"))
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    count = models.PositiveIntegerField(_("số hóa đơn"), default=0)
    xml = models.CharField(_("tệp XML"), max_length=120, blank=True)
    xml_sha256 = models.CharField(_("SHA-256 của XML"), max_length=64, blank=True)
    json = models.CharField(_("tệp JSON"), max_length=120, blank=True)
    json_sha256 = models.CharField(_("SHA-256 của JSON"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("lần xuất dữ liệu hóa đơn")
        verbose_name_plural = _("các lần xuất dữ liệu hóa đơn")
        constraints: ClassVar = [
            models.UniqueConstraint(name="einvoice_batch_numbered", fields=["provider", "day", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} · {self.number}"


class EInvoice(models.Model):
    """The data of one e-invoice. It becomes an invoice only when a licensed provider has issued it.

    Amounts are those of the sale, or the difference of an adjustment, which may be negative.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("loại"), max_length=12, choices=EInvoiceKind, default=EInvoiceKind.SALE)
    receipt = models.ForeignKey(
        Receipt, models.PROTECT, related_name="einvoices", verbose_name=_("biên nhận")
    )
    # Of an adjustment or a replacement: the invoice that it is about.
    original = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followers", verbose_name=_("hóa đơn gốc")
    )
    reference = models.CharField(_("tham chiếu"), max_length=80)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=160, unique=True)
    # Frozen: seller, buyer, lines, sums by rate, words; the fields that the law asks for.
    content = models.JSONField(_("nội dung"))
    net = DongField(_("trước thuế"))
    vat = DongField(_("thuế GTGT"))
    total = DongField(_("tổng cộng"))
    tax_point = models.DateField(_("ngày phát sinh nghĩa vụ thuế"))
    # The next working day: by then signed and sent.
    due_on = models.DateField(_("phải gửi trước hết ngày"))
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=EInvoiceState, default=EInvoiceState.DRAFT
    )
    batch = models.ForeignKey(
        EInvoiceBatch, models.PROTECT, null=True, blank=True, related_name="invoices",
        verbose_name=_("lần xuất"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("lập lúc"), auto_now_add=True)
    exported_at = models.DateTimeField(_("xuất lúc"), null=True, blank=True)
    # As the provider answers.
    provider = models.CharField(_("nhà cung cấp"), max_length=20, blank=True)
    provider_ref = models.CharField(_("mã ở nhà cung cấp"), max_length=64, blank=True)
    form_number = models.CharField(_("mẫu số"), max_length=10, blank=True)
    serial = models.CharField(_("ký hiệu"), max_length=12, blank=True)
    number = models.CharField(_("số hóa đơn"), max_length=12, blank=True)
    authority_code = models.CharField(_("mã cơ quan thuế"), max_length=64, blank=True)
    issued_on = models.DateField(_("ngày hóa đơn"), null=True, blank=True)
    rejection = models.CharField(_("lý do từ chối"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dữ liệu hóa đơn điện tử")
        verbose_name_plural = _("dữ liệu hóa đơn điện tử")
        permissions: ClassVar = [("export_einvoice", _("Xuất dữ liệu hóa đơn"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="einvoice_total_is_net_and_vat", condition=Q(total=F("net") + F("vat"))
            ),
            models.CheckConstraint(
                name="einvoice_follower_names_its_original",
                condition=Q(kind=EInvoiceKind.SALE, original=None)
                | (~Q(kind=EInvoiceKind.SALE) & Q(original__isnull=False)),
            ),
            models.UniqueConstraint(
                name="einvoice_number_once", fields=["serial", "number"], condition=~Q(number="")
            ),
        ]
        indexes: ClassVar = [
            # What the daily export takes.
            models.Index(
                fields=["due_on"],
                name="einvoice_waiting",
                condition=Q(state__in=[EInvoiceState.DRAFT, EInvoiceState.EXPORTED]),
            ),
            models.Index(fields=["reference"], name="einvoice_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.serial}-{self.number}" if self.number else f"{self.reference} {self.total}"
