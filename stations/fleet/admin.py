"""Vehicle models, vehicles and their preparations, for operators."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.validators import MaxValueValidator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from stations.checklists.enums import Purpose
from stations.checklists.selectors import as_list, words_of_item
from stations.fleet import drawings, services
from stations.fleet.enums import CONDITION, LIFECYCLE, Condition, Lifecycle
from stations.fleet.models import PreparationRecord, Vehicle, VehicleModel
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, link, link_to_list, percent, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step, StepForm

LIFECYCLE_COLOURS = {
    Lifecycle.IN_SERVICE: "success",
    Lifecycle.SUSPENDED: "warning",
    Lifecycle.DRAFT: "info",
}
CONDITION_COLOURS = {
    Condition.READY: "success",
    Condition.ON_RENTAL: "info",
    Condition.PREPARATION: "warning",
    Condition.MAINTENANCE: "danger",
    Condition.IN_TRANSFER: "warning",
    Condition.MISSING: "danger",
}
# Papers that end within this time are renewed now.
RENEW_WITHIN = timedelta(days=30)


class VehicleModelForm(forms.ModelForm[VehicleModel]):
    drawing = forms.ChoiceField(label=_("Hình vẽ"), choices=drawings.choices, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = VehicleModel
        fields = (
            "maker", "name", "slug", "kind", "category", "seats", "battery_kwh", "range_km", "power_kw",
            "max_speed_kmh", "minimum_battery_percent", "description", "description_en", "drawing",
        )  # fmt: skip


@admin.register(VehicleModel)
class VehicleModelAdmin(OperatorAdmin):
    form = VehicleModelForm
    list_display = (
        "picture", "name", "maker", "kind", "category", "seats", "range_km", "power_kw", "minimum", "fleet",
    )  # fmt: skip
    list_display_links = ("name",)
    list_filter = (("kind", ChoicesDropdownFilter), ("category", ChoicesDropdownFilter))
    search_fields = ("name", "maker", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("maker", "name")}
    fieldsets = (
        (None, {"fields": ("maker", "name", "slug", "drawing", "description", "description_en")}),
        (_("Theo luật"), {"fields": ("kind", "category", "seats", "power_kw", "max_speed_kmh")}),
        (_("Pin"), {"fields": ("battery_kwh", "range_km", "minimum_battery_percent")}),
    )
    kept_because = _("Xe, bảng giá và báo giá cũ thuộc về mẫu xe này.")
    minimum = percent("minimum_battery_percent", _("pin tối thiểu"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[VehicleModel]:
        in_service = Count("vehicles", filter=Q(vehicles__lifecycle=Lifecycle.IN_SERVICE))
        return VehicleModel.objects.annotate(vehicles_in_service=in_service)

    @column(_("hình"))
    def picture(self, model: VehicleModel) -> str:
        return format_html(
            '<img class="vg-thumb" src="{}" alt="" width="64" height="36" loading="lazy">',
            static(f"img/vehicles/{model.drawing}"),
        )

    @column(_("xe khai thác"), order="vehicles_in_service")
    def fleet(self, model: VehicleModel) -> str:
        count = str(getattr(model, "vehicles_in_service", 0))
        query = f"model__id__exact={model.pk}&lifecycle__exact={Lifecycle.IN_SERVICE}"
        return link_to_list(Vehicle, query, count)


class PapersFilter(DropdownFilter):
    """Vehicles by the earliest end of their papers."""

    title = _("giấy tờ xe")
    parameter_name = "papers"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("expired", _("đã hết hạn")), ("soon", _("hết hạn trong 30 ngày")), ("valid", _("còn hạn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        today = clock.today()
        if self.value() == "expired":
            return queryset.filter(_ends_before(today))
        if self.value() == "soon":
            return queryset.filter(_ends_before(today + RENEW_WITHIN)).exclude(_ends_before(today))
        if self.value() == "valid":
            return queryset.exclude(_ends_before(today))
        return queryset


def _ends_before(day: Any) -> Q:
    return (
        Q(registration_expires_on__lt=day)
        | Q(insurance_expires_on__lt=day)
        | Q(inspection_expires_on__lt=day)
    )


class BatteryFilter(DropdownFilter):
    """Vehicles that are charged enough to be handed over, or not."""

    title = _("pin")
    parameter_name = "battery"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("low", _("chưa đủ để giao")), ("enough", _("đủ để giao"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        enough = Q(battery_percent__gte=F("model__minimum_battery_percent"))
        if self.value() == "low":
            return queryset.exclude(enough)
        return queryset.filter(enough) if self.value() == "enough" else queryset


class ReadingsForm(StepForm):
    odometer_km = forms.IntegerField(label=_("Số km"), min_value=0, widget=UnfoldAdminIntegerFieldWidget)
    battery_percent = forms.IntegerField(
        label=_("Pin (%)"),
        validators=[MaxValueValidator(100)],
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle: Vehicle = self.rows[0]
        self.initial = {"odometer_km": vehicle.odometer_km, "battery_percent": vehicle.battery_percent}


class RelocationForm(ReasonForm):
    station = forms.ModelChoiceField(
        label=_("Trạm mới"),
        queryset=Station.objects.active(),
        widget=AutocompleteSelect(Vehicle._meta.get_field("station"), admin.site),
    )
    field_order = ("station", "reason")


def _papers(vehicle: Vehicle) -> Any:
    """Return the day on which the first of a vehicle's papers ends."""
    ends = [
        vehicle.registration_expires_on, vehicle.insurance_expires_on, vehicle.inspection_expires_on,
    ]  # fmt: skip
    return min(end for end in ends if end is not None)


# Out of service and back concern renters as well: those steps come from further right (rentals/incidents).
VEHICLE_STEPS = (
    Step(
        name="put-into-service",
        label=_("Đưa vào khai thác"),
        hint=_("Khách tìm thấy xe kể từ bây giờ. Giấy tờ xe phải còn hạn."),
        do=lambda vehicle, by, _data: services.put_into_service(vehicle=vehicle, by=by),
        applies=lambda vehicle: vehicle.lifecycle in {Lifecycle.DRAFT, Lifecycle.SUSPENDED},
        icon="play_circle",
    ),
    Step(
        name="readings",
        label=_("Ghi số liệu"),
        hint=_("Đọc trên bảng đồng hồ của xe."),
        form_class=ReadingsForm,
        do=lambda vehicle, by, data: services.record_readings(vehicle=vehicle, by=by, **data),
        applies=lambda vehicle: vehicle.lifecycle != Lifecycle.RETIRED,
        icon="speed",
        is_for_many=False,
    ),
    Step(
        name="preparation",
        label=_("Trả về chuẩn bị"),
        hint=_("Xe đang sẵn sàng nhưng phải kiểm lại trước khi giao."),
        form_class=ReasonForm,
        do=lambda vehicle, by, data: services.back_to_preparation(
            vehicle=vehicle, reason=data["reason"], by=by
        ),
        applies=lambda vehicle: vehicle.condition == Condition.READY,
        icon="cleaning_services",
    ),
    Step(
        name="relocate",
        label=_("Đổi trạm"),
        hint=_("Chỉ khi xe tạm ngừng khai thác và không có lượt đặt nào đang chờ xe ở trạm hiện tại."),
        form_class=RelocationForm,
        do=lambda vehicle, by, data: services.relocate_vehicle(
            vehicle=vehicle, to=data["station"], reason=data["reason"], by=by
        ),
        applies=lambda vehicle: vehicle.lifecycle in {Lifecycle.DRAFT, Lifecycle.SUSPENDED},
        icon="moving",
    ),
    Step(
        name="suspend",
        label=_("Tạm ngừng khai thác"),
        hint=_("Không nhận lượt đặt mới cho xe. Các lượt đã đặt vẫn còn."),
        form_class=ReasonForm,
        do=lambda vehicle, by, data: services.suspend_vehicle(vehicle=vehicle, reason=data["reason"], by=by),
        applies=lambda vehicle: vehicle.lifecycle == Lifecycle.IN_SERVICE,
        icon="pause_circle",
    ),
    Step(
        name="retire",
        label=_("Thanh lý"),
        hint=_("Xe rời đội xe và không trở lại. Chỉ khi không còn lượt đặt nào phía trước."),
        form_class=ReasonForm,
        do=lambda vehicle, by, data: services.retire_vehicle(vehicle=vehicle, reason=data["reason"], by=by),
        applies=lambda vehicle: (
            vehicle.lifecycle != Lifecycle.RETIRED and vehicle.condition != Condition.ON_RENTAL
        ),
        icon="archive",
        is_grave=True,
        is_for_many=False,
    ),
)


@admin.register(Vehicle)
class VehicleAdmin(OperatorAdmin):
    list_display = ("plate", "model_name", "place", "life", "shape", "battery", "odometer_km", "papers")
    list_filter = (
        ("lifecycle", ChoicesDropdownFilter),
        ("condition", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        ("model", AutocompleteSelectFilter),
        ("model__kind", ChoicesDropdownFilter),
        PapersFilter,
        BatteryFilter,
    )
    list_select_related = ("model", "station")
    search_fields = ("plate", "code", "model__name", "model__maker")
    search_help_text = _("Biển số, mã xe hoặc mẫu xe")
    autocomplete_fields = ("model", "station")
    fieldsets = (
        (None, {"fields": ("plate", "code", "model", "station", "bay", "lifecycle", "condition")}),
        (_("Số liệu"), {"fields": ("battery_percent", "odometer_km", "facts_at")}),
        (
            _("Giấy tờ"),
            {"fields": ("registration_expires_on", "insurance_expires_on", "inspection_expires_on")},
        ),
    )
    readonly_fields = ("code", "bay", "facts_at")
    machines = (LIFECYCLE, CONDITION)
    kept_because = _("Các lượt thuê cũ thuộc về xe này; hãy dùng “Thanh lý”.")
    steps = VEHICLE_STEPS
    place = link("station", _("trạm"), order="station__name")
    model_name = link("model", _("mẫu xe"), order="model__name")
    life = tag("lifecycle", _("vòng đời"), LIFECYCLE_COLOURS)
    shape = tag("condition", _("tình trạng"), CONDITION_COLOURS)
    battery = percent("battery_percent", _("pin"))

    def get_readonly_fields(self, request: HttpRequest, obj: Vehicle | None = None) -> tuple[Any, ...]:
        """Where a vehicle stands and what its dashboard says change by steps, which leave their reason."""
        fixed = ("model", "station", "battery_percent", "odometer_km") if obj else ()
        return (*fixed, *super().get_readonly_fields(request, obj))

    @column(
        _("giấy tờ đến"),
        order="insurance_expires_on",
        colours={"expired": "danger", "soon": "warning", "valid": "default"},
    )
    def papers(self, vehicle: Vehicle) -> tuple[str, str]:
        end, today = _papers(vehicle), clock.today()
        kind = "expired" if end < today else "soon" if end < today + RENEW_WITHIN else "valid"
        return kind, f"{end:%d/%m/%Y}"


@admin.register(PreparationRecord)
class PreparationRecordAdmin(RecordAdmin):
    list_display = ("at", "car", "place", "battery", "person", "note")
    list_filter = (("station", AutocompleteSelectFilter), StretchFilter.over("at", "at"))
    list_select_related = ("vehicle__model", "station", "by")
    search_fields = ("vehicle__plate", "by__full_name", "note")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = ("car", "place", "at", "person", "battery", "checklist", "points", "note")
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    place = link("station", _("trạm"), order="station__name")
    person = link("by", _("người kiểm"), order="by__full_name")
    battery = percent("battery_percent", _("pin"))

    @column(_("mục đã kiểm"))
    def points(self, record: PreparationRecord) -> str:
        kind = record.vehicle.model.kind
        checklist = as_list(record.checklist, purpose=Purpose.PREPARATION, kind=kind)
        words = {item.code: item.words for item in checklist.items}
        return "; ".join(
            str(words.get(code) or words_of_item(code, purpose=Purpose.PREPARATION, kind=kind) or code)
            for code in record.checked
        )
