"""Inspections with their photos and marks of damage, for operators."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
)

from rentals.handovers import checklists
from rentals.handovers.models import (
    DamageMark,
    Inspection,
    InspectionPhoto,
)
from stations.fleet.parts import part_label
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, dong, link, link_to, percent
from voltgo.core.backoffice.files import PictureAdmin, picture
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.money import format_dong


def photos_panel(inspection: Inspection) -> Panel:
    photos = list(inspection.photos.order_by("pk"))
    words = {photo.position: str(checklists.position_words(photo.position, inspection)) for photo in photos}
    return Panel(
        title=_("Ảnh"),
        headings=(_("Vị trí"), _("Ảnh"), _("Chụp lúc"), _("SHA-256")),
        rows=[
            (
                words[photo.position],
                picture(photo, words=words[photo.position]),
                f"{clock.local(photo.at):%H:%M %d/%m/%Y}",
                photo.sha256[:12],
            )
            for photo in photos
        ],
        empty=_("Chưa có ảnh nào."),
    )


def damages_panel(inspection: Inspection) -> Panel:
    return Panel(
        title=_("Vết hư hại"),
        headings=(_("Bộ phận"), _("Loại"), _("Mô tả"), _("Bồi thường"), _("Ảnh")),
        rows=[
            (
                link_to(mark, part_label(mark.part)),
                mark.get_kind_display(),
                mark.note or "–",
                format_dong(mark.charge_amount),
                picture(mark, "photo", words=part_label(mark.part)),
            )
            for mark in inspection.damages.order_by("pk")
        ],
        empty=_("Không có vết hư hại nào."),
    )


@admin.register(Inspection)
class InspectionAdmin(RecordAdmin):
    list_display = ("trip", "kind", "car", "km", "battery", "person", "completed_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("completed_at", admin.EmptyFieldListFilter))
    list_select_related = ("rental__booking", "rental__vehicle__model", "by")
    search_fields = ("=rental__booking__code", "rental__vehicle__plate", "by__full_name")
    date_hierarchy = "started_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "rental_link",
        "kind",
        "car",
        "person",
        "started_at",
        "completed_at",
        "km",
        "battery",
        "list_link",
        "points",
        "note",
    )
    panels: ClassVar = (photos_panel, damages_panel)
    rental_link = link("rental", _("chuyến thuê"))
    car = link("rental.vehicle", _("xe"), order="rental__vehicle__plate", text="plate")
    person = link("by", _("nhân viên"), order="by__full_name")
    battery = percent("battery_percent", _("pin"))
    list_link = link("checklist", _("danh mục"))

    @column(_("chuyến thuê"), order="rental__booking__code")
    def trip(self, inspection: Inspection) -> str:
        return inspection.rental.booking.code

    @column(_("số km"), order="odometer_km")
    def km(self, inspection: Inspection) -> Any:
        return inspection.odometer_km

    @column(_("mục đạt"))
    def points(self, inspection: Inspection) -> str:
        return "; ".join(str(words) for words in checklists.words_of_codes(inspection, inspection.checked))


@admin.register(InspectionPhoto)
class InspectionPhotoAdmin(PictureAdmin):
    list_display = ("at", "record", "position", "sha256")
    list_select_related = ("inspection__rental__booking",)
    search_fields = ("=inspection__rental__booking__code", "=sha256")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("record", "position", "image", "sha256", "at")
    record = link("inspection", _("biên bản"))

    @column(_("ảnh"))
    def image(self, photo: InspectionPhoto) -> str:
        return picture(photo)


@admin.register(DamageMark)
class DamageMarkAdmin(PictureAdmin):
    file_field = "photo"
    list_display = ("part_words", "kind", "record", "charge", "note")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("inspection__rental__booking",)
    search_fields = ("=inspection__rental__booking__code", "part", "note")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("record", "part_words", "kind", "note", "charge", "image")
    record = link("inspection", _("biên bản"))
    charge = dong("charge_amount", _("bồi thường"))

    @column(_("bộ phận"), order="part")
    def part_words(self, mark: DamageMark) -> str:
        return part_label(mark.part)

    @column(_("ảnh"))
    def image(self, mark: DamageMark) -> str:
        return picture(mark, "photo")
