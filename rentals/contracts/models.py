"""Contracts and their signatures."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.contracts.enums import ContractState, Signer, SigningMethod
from rentals.contracts.paths import contract_path, signature_path


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
    method = models.CharField(_("cách ký"), max_length=8, choices=SigningMethod, default=SigningMethod.DRAWN)
    image = models.FileField(_("nét ký"), upload_to=signature_path, max_length=200)
    strokes_sha256 = models.CharField(_("SHA-256 nét ký"), max_length=64)
    document_sha256 = models.CharField(_("SHA-256 văn bản"), max_length=64)
    signed_at = models.DateTimeField(_("ký lúc"))
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("chữ ký")
        verbose_name_plural = _("chữ ký")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "signer"], name="contract_signed_once_by_each")
        ]

    def __str__(self) -> str:
        return f"{self.contract} – {self.get_signer_display()}"


class ContractAddendum(models.Model):
    """One amendment of a signed contract: an extension while renting. The contract itself never changes.

    Its content is frozen when it is drawn up; the renter accepts it online, by paying for it.
    """

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="addenda", verbose_name=_("hợp đồng")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    number = models.CharField(_("số phụ lục"), max_length=30, unique=True)
    # 'change:TD-7K2M4Q': changes stand right of contracts.
    reference = models.CharField(_("cho lần đổi"), max_length=40, unique=True)
    data = models.JSONField(_("dữ liệu"), default=dict)
    file = models.FileField(_("tệp PDF"), upload_to=contract_path, max_length=200, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    rendered_at = models.DateTimeField(_("lập lúc"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("đồng ý lúc"), null=True, blank=True)
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
