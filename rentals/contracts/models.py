"""Contracts and their signatures."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.contracts.enums import (
    AddendumKind,
    ContractEventKind,
    ContractState,
    Signer,
    SigningMethod,
    TemplateState,
)
from rentals.contracts.paths import contract_path, signature_path
from voltgo.core.sealed_files import sealed_storage


class Contract(models.Model):
    """One version of the agreement for one booking. A change of its data voids it and makes the next version."""

    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("lượt đặt xe")
    )
    version = models.PositiveSmallIntegerField(_("phiên bản"), default=1)
    number = models.CharField(_("số hợp đồng"), max_length=24, unique=True)
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=ContractState, default=ContractState.DRAFT
    )
    # Everything the document says, as plain values: what is printed can be printed again.
    # Frozen by a trigger once there is a hash.
    data = models.JSONField(_("dữ liệu"), default=dict)
    file = models.FileField(_("tệp PDF"), upload_to=contract_path, max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    rendered_at = models.DateTimeField(_("lập lúc"), null=True, blank=True)
    # What was found at pickup, as the two of them signed it; the record is part of the signed document.
    handover = models.JSONField(_("biên bản giao xe"), default=dict, blank=True)
    # The same agreement with both signatures, the handover record and the evidence page.
    signed_file = models.FileField(_("tệp PDF đã ký"), upload_to=contract_path, max_length=200, blank=True)
    signed_sha256 = models.CharField(_("SHA-256 bản đã ký"), max_length=64, blank=True)
    signed_at = models.DateTimeField(_("ký lúc"), null=True, blank=True)
    # How the signed file was sealed: {"level": "PAdES-B-B", "key": "…", "certificate_sha256": "…"}.
    seal = models.JSONField(_("con dấu số"), default=dict, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("hợp đồng")
        verbose_name_plural = _("hợp đồng")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["booking", "version"], name="contract_version_once"),
            models.UniqueConstraint(
                fields=["booking"], condition=~Q(state="voided"), name="contract_one_valid"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "voided"]) | ~Q(sha256=""), name="contract_rendered_has_hash"
            ),
            models.CheckConstraint(
                condition=~Q(state="signed") | Q(signed_at__isnull=False), name="contract_signed_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ContractSignature(models.Model):
    """One signature under one version: the drawing, and the evidence of when, where and on which bytes.

    The hash of the document that was on the glass is kept, so a later swap of the file shows.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="signatures", verbose_name=_("hợp đồng")
    )
    signer = models.CharField(_("bên ký"), max_length=8, choices=Signer)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người ký")
    )
    # As it was at that moment: the evidence must not follow a later change of the profile.
    name = models.CharField(_("họ và tên"), max_length=120)
    method = models.CharField(_("cách ký"), max_length=12, choices=SigningMethod, default=SigningMethod.DRAWN)
    # Encrypted, bound to its name.
    image = models.FileField(_("nét ký"), upload_to=signature_path, storage=sealed_storage, max_length=200)
    strokes_sha256 = models.CharField(_("SHA-256 nét ký"), max_length=64)
    document_sha256 = models.CharField(_("SHA-256 văn bản"), max_length=64)
    signed_at = models.DateTimeField(_("ký lúc"))
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)
    # Where a one-time code went, masked; empty when none was needed.
    code_sent_to = models.CharField(_("mã gửi đến"), max_length=80, blank=True)
    # Of the words of the agreement to sign electronically, as they were shown.
    consent_sha256 = models.CharField(_("SHA-256 lời đồng ý"), max_length=64, blank=True)
    # Signed on an enrolled tablet, which shows the readable text: its code, the hash of that text, of the record of
    # the vehicle that stood under it, and when the server came to know.
    tablet = models.CharField(_("máy tính bảng"), max_length=12, blank=True, default="", db_default="")
    text_sha256 = models.CharField(
        _("SHA-256 lời văn đã hiện"), max_length=64, blank=True, default="", db_default=""
    )
    record_sha256 = models.CharField(
        _("SHA-256 biên bản đã hiện"), max_length=64, blank=True, default="", db_default=""
    )
    received_at = models.DateTimeField(_("hệ thống nhận lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("chữ ký")
        verbose_name_plural = _("chữ ký")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "signer"], name="contract_signed_once_by_each"),
            models.CheckConstraint(
                condition=Q(tablet="") | (~Q(text_sha256="") & Q(received_at__isnull=False)),
                name="contract_signed_on_tablet_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} – {self.get_signer_display()}"


class ContractAddendum(models.Model):
    """One amendment of a signed contract: an extension, a swap, the return. The contract itself never changes.

    Its content is frozen when it is drawn up; the renter accepts it online, by paying for it.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="addenda", verbose_name=_("hợp đồng")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    kind = models.CharField(_("loại"), max_length=12, choices=AddendumKind, default=AddendumKind.EXTENSION)
    number = models.CharField(_("số phụ lục"), max_length=30, unique=True)
    # 'change:TD-7K2M4Q': changes stand right of contracts.
    reference = models.CharField(_("cho lần đổi"), max_length=40, unique=True)
    data = models.JSONField(_("dữ liệu"), default=dict)
    file = models.FileField(_("tệp PDF"), upload_to=contract_path, max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    rendered_at = models.DateTimeField(_("lập lúc"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("đồng ý lúc"), null=True, blank=True)
    seal = models.JSONField(_("con dấu số"), default=dict, blank=True)
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("phụ lục hợp đồng")
        verbose_name_plural = _("các phụ lục hợp đồng")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "position"], name="addendum_position_once"),
        ]

    def __str__(self) -> str:
        return self.number


class ContractTemplate(models.Model):
    """One wording of the agreement. Contracts name it by its code; published words never change (trigger)."""

    # Printed as "text version" on the evidence page.
    code = models.CharField(_("mã bản văn"), max_length=20, unique=True)
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=TemplateState, default=TemplateState.DRAFT
    )
    # New contracts take the published wording with the latest day that has come.
    valid_from = models.DateField(_("áp dụng từ"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256 lời văn"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("ban hành lúc"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người ban hành"),
    )
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("bản văn hợp đồng")
        verbose_name_plural = _("bản văn hợp đồng")
        permissions: ClassVar = [
            ("edit_wordings", _("Soạn lời văn hợp đồng")),
            ("publish_wordings", _("Ban hành lời văn hợp đồng")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="draft") | (Q(valid_from__isnull=False) & ~Q(sha256="")),
                name="contract_template_published_is_whole",
            ),
            models.UniqueConstraint(
                fields=["valid_from"], condition=Q(state="published"), name="contract_template_one_a_day"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ContractArticle(models.Model):
    """One article of a wording in both languages; its paragraphs are parted by an empty line and go in pairs."""

    template = models.ForeignKey(
        ContractTemplate, on_delete=models.CASCADE, related_name="articles", verbose_name=_("bản văn")
    )
    position = models.PositiveSmallIntegerField(_("điều"))
    heading_vi = models.CharField(_("tên điều (tiếng Việt)"), max_length=160)
    heading_en = models.CharField(_("tên điều (tiếng Anh)"), max_length=160)
    # Names in braces such as {objection_hours} stand for values of the booking; the form knows which there are.
    text_vi = models.TextField(_("nội dung (tiếng Việt)"), blank=True)
    text_en = models.TextField(_("nội dung (tiếng Anh)"), blank=True)
    block = models.CharField(_("bảng đi kèm"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("điều khoản")
        verbose_name_plural = _("điều khoản")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "position"], name="contract_article_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.template} – {self.position}. {self.heading_vi}"


class ContractEvent(models.Model):
    """One link of a contract's evidence: each carries the hash of the one before. Append-only by trigger."""

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="events", verbose_name=_("hợp đồng")
    )
    position = models.PositiveIntegerField(_("thứ tự"))
    kind = models.CharField(_("sự kiện"), max_length=16, choices=ContractEventKind)
    at = models.DateTimeField(_("lúc"))
    actor_kind = models.CharField(_("vai trò"), max_length=16)
    actor_ref = models.CharField(_("mã người thực hiện"), max_length=64, blank=True)
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)
    # Of the document that it is about.
    document_sha256 = models.CharField(_("SHA-256 văn bản"), max_length=64, blank=True)
    details = models.JSONField(_("chi tiết"), default=dict, blank=True)
    previous_sha256 = models.CharField(_("SHA-256 mắt xích trước"), max_length=64, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("sự kiện hợp đồng")
        verbose_name_plural = _("sự kiện hợp đồng")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "position"], name="contract_event_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.contract} – {self.position}. {self.get_kind_display()}"
