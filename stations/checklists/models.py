"""Checklists by version, their points and their photo positions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from stations.checklists.enums import ChecklistState, Component, Purpose
from stations.checklists.lists import Checklist, Item, Photo, Words
from stations.kinds import VehicleKind

# Also the name of a field in a page's form and a part of a file's role on a tablet.
code_validator = RegexValidator(
    r"^[a-z][a-z0-9_]*\Z", _("Mã chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ.")
)

HINT_IN_BOTH = _("Cách xem phải có ở cả hai ngôn ngữ, hoặc không có.")


class ChecklistTemplate(models.Model):
    """One version of what is looked at on one occasion, for a kind of vehicle or for one model of it.

    Inspections name the version that they were made with. Published versions never change (trigger).
    """

    # 'pickup-car', 'return-car-vinfast-vf-5': one line of versions.
    code = models.CharField(_("mã"), max_length=80, editable=False)
    version = models.PositiveSmallIntegerField(_("phiên bản"), editable=False)
    purpose = models.CharField(_("dùng khi"), max_length=12, choices=Purpose)
    vehicle_kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    # A list for one model wins over the one for its kind.
    vehicle_model = models.ForeignKey(
        "stations.VehicleModel",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("riêng cho mẫu xe"),
    )
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=ChecklistState, default=ChecklistState.DRAFT
    )
    # Of the published versions the one with the latest day that has come is in force.
    valid_from = models.DateField(_("áp dụng từ"), null=True, blank=True)
    note = models.CharField(_("ghi chú"), max_length=200, blank=True)
    # The whole list as it was published (lists.py): read instead of the rows, in one query with its inspection.
    content = models.JSONField(_("nội dung đã ban hành"), default=dict, blank=True)
    sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64, blank=True)
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
        verbose_name = _("danh mục kiểm tra")
        verbose_name_plural = _("các danh mục kiểm tra")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="checklist_version_once"),
            models.CheckConstraint(
                condition=Q(state="draft")
                | (Q(valid_from__isnull=False) & Q(published_at__isnull=False) & ~Q(sha256="")),
                name="checklist_published_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.version}"

    @cached_property
    def checklist(self) -> Checklist:
        """The list as it was published; a draft's as it stands in its rows."""
        return Checklist.from_json(self.content) if self.content else self.drafted()

    def drafted(self) -> Checklist:
        """Read the list from its rows."""
        return Checklist(
            code=self.code,
            version=self.version,
            purpose=self.purpose,
            vehicle_kind=self.vehicle_kind,
            items=tuple(row.as_item() for row in self.items.order_by("position", "pk")),
            photos=tuple(row.as_photo() for row in self.photos.order_by("position", "pk")),
        )


class ChecklistItem(models.Model):
    """One point of a checklist, in both languages."""

    template = models.ForeignKey(
        ChecklistTemplate, on_delete=models.CASCADE, related_name="items", verbose_name=_("danh mục")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    component = models.CharField(_("nhóm"), max_length=12, choices=Component)
    # Stored with each inspection: the words may change from version to version, what a code means may not.
    code = models.CharField(_("mã"), max_length=30, validators=[code_validator])
    words_vi = models.CharField(_("nội dung (tiếng Việt)"), max_length=120)
    words_en = models.CharField(_("nội dung (tiếng Anh)"), max_length=120)
    hint_vi = models.CharField(_("cách xem (tiếng Việt)"), max_length=200, blank=True)
    hint_en = models.CharField(_("cách xem (tiếng Anh)"), max_length=200, blank=True)
    is_mandatory = models.BooleanField(_("bắt buộc"), default=True)

    class Meta:
        verbose_name = _("mục kiểm tra")
        verbose_name_plural = _("các mục kiểm tra")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["template", "code"],
                name="checklist_item_code_once",
                violation_error_message=_("Danh mục đã có mục mang mã này."),
            ),
            models.CheckConstraint(
                condition=Q(hint_vi="", hint_en="") | (~Q(hint_vi="") & ~Q(hint_en="")),
                name="checklist_item_hint_in_both",
                violation_error_message=HINT_IN_BOTH,
            ),
        ]

    def __str__(self) -> str:
        return self.words_vi

    def clean(self) -> None:
        """Say it at the field that is empty; the constraint has the last word."""
        if bool(self.hint_vi) != bool(self.hint_en):
            raise ValidationError({"hint_en" if self.hint_vi else "hint_vi": HINT_IN_BOTH})

    def as_item(self) -> Item:
        return Item(
            code=self.code,
            words=Words(self.words_vi, self.words_en),
            hint=Words(self.hint_vi, self.hint_en),
            component=self.component,
            is_mandatory=self.is_mandatory,
        )


class PhotoPosition(models.Model):
    """One position from which a vehicle is photographed, with the outline that shows how."""

    template = models.ForeignKey(
        ChecklistTemplate, on_delete=models.CASCADE, related_name="photos", verbose_name=_("danh mục")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    # As long as InspectionPhoto.position; pictures of pickup and return with one code are a pair.
    code = models.CharField(_("mã"), max_length=20, validators=[code_validator])
    words_vi = models.CharField(_("tên vị trí (tiếng Việt)"), max_length=60)
    words_en = models.CharField(_("tên vị trí (tiếng Anh)"), max_length=60)
    outline = models.CharField(
        _("hình khung"), max_length=60, blank=True, help_text=_("Tệp trong static/img/outlines.")
    )
    is_required = models.BooleanField(_("bắt buộc"), default=True)

    class Meta:
        verbose_name = _("vị trí chụp ảnh")
        verbose_name_plural = _("các vị trí chụp ảnh")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["template", "code"],
                name="photo_position_code_once",
                violation_error_message=_("Danh mục đã có vị trí mang mã này."),
            ),
        ]

    def __str__(self) -> str:
        return self.words_vi

    def as_photo(self) -> Photo:
        return Photo(self.code, Words(self.words_vi, self.words_en), self.outline, self.is_required)
