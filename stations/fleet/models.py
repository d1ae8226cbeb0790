"""Vehicle models and vehicles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.apps import apps
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stations.bays.models import Bay
from stations.checklists.models import ChecklistTemplate
from stations.fleet.enums import Condition, LegalCategory, Lifecycle, VehicleKind
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.codes import new_code


def new_vehicle_code() -> str:
    return new_code("X", 6)


class VehicleModel(models.Model):
    """A make and model, with the maker's published figures and what the law asks of its driver."""

    slug = models.SlugField(_("mã"), unique=True)
    maker = models.CharField(_("hãng"), max_length=60)
    name = models.CharField(_("tên"), max_length=80)
    kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    category = models.CharField(_("loại theo luật"), max_length=10, choices=LegalCategory)
    seats = models.PositiveSmallIntegerField(_("số chỗ"))
    battery_kwh = models.DecimalField(_("pin (kWh)"), max_digits=6, decimal_places=2)
    range_km = models.PositiveSmallIntegerField(_("quãng đường (km)"))
    power_kw = models.DecimalField(_("công suất (kW)"), max_digits=6, decimal_places=2)
    max_speed_kmh = models.PositiveSmallIntegerField(_("tốc độ tối đa (km/h)"))
    minimum_battery_percent = models.PositiveSmallIntegerField(_("pin tối thiểu khi giao (%)"), default=50)
    description = models.TextField(_("mô tả"), blank=True)
    description_en = models.TextField(_("mô tả tiếng Anh"), blank=True)
    drawing = models.CharField(_("hình vẽ"), max_length=60, help_text=_("Tệp trong static/img/vehicles."))

    class Meta:
        verbose_name = _("mẫu xe")
        verbose_name_plural = _("mẫu xe")
        ordering: ClassVar = ["kind", "maker", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(seats__gte=1) & Q(battery_kwh__gt=0) & Q(range_km__gt=0) & Q(power_kw__gt=0),
                name="vehicle_model_positive",
                violation_error_message=_("Số chỗ, pin, quãng đường và công suất phải lớn hơn 0."),
            ),
            # Law 36/2024/QH15 art. 34(1)(g): a moped has at most 50 km/h and 4 kW.
            models.CheckConstraint(
                condition=~Q(category="moped") | (Q(power_kw__lte=4) & Q(max_speed_kmh__lte=50)),
                name="vehicle_model_moped_is_slow",
                violation_error_message=_("Xe gắn máy có công suất tối đa 4 kW và tốc độ tối đa 50 km/h."),
            ),
            models.CheckConstraint(
                condition=Q(kind="car", category="car") | (Q(kind="scooter") & ~Q(category="car")),
                name="vehicle_model_kind_fits_category",
                violation_error_message=_("Loại xe và loại theo luật không khớp nhau."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"

    @property
    def text(self) -> str:
        """The description in the reader's language."""
        return self.description_en if get_language() == "en" and self.description_en else self.description


# Until when a vehicle that is not ready now can no longer be counted on.
SOON = timedelta(hours=2)
OUT_OF_REACH = (Condition.MAINTENANCE, Condition.IN_TRANSFER, Condition.MISSING)


class VehicleQuerySet(models.QuerySet["Vehicle"]):
    """Reads of vehicles, which chain into phrases."""

    def at(self, station: Station) -> VehicleQuerySet:
        return self.filter(station=station)

    def in_service(self) -> VehicleQuerySet:
        return self.filter(lifecycle=Lifecycle.IN_SERVICE)

    def rentable(self, period: Period) -> VehicleQuerySet:
        """Vehicles that may go out for a period at all: papers valid to its end, not broken or missing.

        A pickup within `SOON` needs a vehicle that stands ready with enough battery; for a later one the
        station still has time to prepare it.
        """
        last_day = clock.local(period.ends_at).date()
        rows = self.in_service().filter(
            Q(registration_expires_on=None) | Q(registration_expires_on__gte=last_day),
            Q(inspection_expires_on=None) | Q(inspection_expires_on__gte=last_day),
            insurance_expires_on__gte=last_day,
        )
        if period.starts_at < clock.now() + SOON:
            return rows.filter(
                condition=Condition.READY, battery_percent__gte=F("model__minimum_battery_percent")
            )
        return rows.exclude(condition__in=OUT_OF_REACH)

    def free(self, period: Period) -> VehicleQuerySet:
        """Vehicles without a live claim that overlaps; `period` includes the turnaround.

        Compares upper() and lower() instead of using &&: only that lets the planner use the partial
        index by vehicle (docs/adr/0003).
        """
        claims = apps.get_model("stations", "VehicleAllocation").objects.live(clock.now())
        overlapping = claims.filter(
            vehicle_id=OuterRef("pk"),
            period__endswith__gt=period.starts_at,
            period__startswith__lt=period.ends_at,
        )
        return self.filter(~Exists(overlapping))


class Vehicle(models.Model):
    """One vehicle with a plate. Availability is never a field here: it comes from the timeline."""

    code = models.CharField(_("mã xe"), max_length=12, unique=True, default=new_vehicle_code, editable=False)
    plate = models.CharField(_("biển số"), max_length=16, unique=True)
    model = models.ForeignKey(
        VehicleModel, on_delete=models.PROTECT, related_name="vehicles", verbose_name=_("mẫu xe")
    )
    # Where it belongs now; a trigger keeps the station of its live allocations equal to this.
    station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="vehicles", verbose_name=_("trạm")
    )
    # Where it stands at its station; nobody else can stand there. Empty while it is out, or nobody has said.
    bay = models.OneToOneField(
        Bay,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="vehicle",
        editable=False,
        verbose_name=_("chỗ đỗ"),
    )
    lifecycle = models.CharField(_("vòng đời"), max_length=12, choices=Lifecycle, default=Lifecycle.DRAFT)
    condition = models.CharField(
        _("tình trạng"), max_length=12, choices=Condition, default=Condition.PREPARATION
    )
    battery_percent = models.PositiveSmallIntegerField(
        _("pin (%)"), default=100, validators=[MaxValueValidator(100)]
    )
    odometer_km = models.PositiveIntegerField(_("số km"), default=0)
    facts_at = models.DateTimeField(_("số liệu lúc"), default=clock.now)
    registration_expires_on = models.DateField(_("đăng ký xe có hạn đến"), null=True, blank=True)
    insurance_expires_on = models.DateField(_("bảo hiểm có hạn đến"))
    inspection_expires_on = models.DateField(
        _("đăng kiểm có hạn đến"), null=True, blank=True, help_text=_("Chỉ ô tô cần đăng kiểm.")
    )

    objects = VehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("xe")
        verbose_name_plural = _("xe")
        ordering: ClassVar = ["plate"]
        indexes: ClassVar = [
            # Search: the vehicles of a station that may be rented at all.
            models.Index(
                fields=["station", "model"], name="vehicle_in_service", condition=Q(lifecycle="in_service")
            ),
            # Dashboard: vehicles by condition per station.
            models.Index(fields=["station", "condition"], name="vehicle_condition"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(battery_percent__lte=100), name="vehicle_battery_percent"),
            # A vehicle out of service cannot be with a renter.
            models.CheckConstraint(
                condition=~Q(condition="on_rental") | Q(lifecycle__in=["in_service", "suspended"]),
                name="vehicle_on_rental_is_in_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plate} · {self.model}"

    @property
    def range_now_km(self) -> int:
        """What the present charge is good for, by the maker's figure."""
        return self.model.range_km * self.battery_percent // 100

    def papers_valid_on(self, day: date) -> bool:
        """Say whether registration, insurance and inspection all cover the day."""
        limits = [self.registration_expires_on, self.insurance_expires_on, self.inspection_expires_on]
        return all(limit is None or limit >= day for limit in limits)


class PreparationRecord(models.Model):
    """One passed ready gate: who checked which points of a vehicle before it may go out again."""

    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="preparations", verbose_name=_("xe")
    )
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm"))
    # The version by which it was checked; none for those from before lists were rows.
    checklist = models.ForeignKey(
        ChecklistTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("danh mục"),
    )
    checked = models.JSONField(_("mục đã kiểm"), default=list)
    battery_percent = models.PositiveSmallIntegerField(_("pin (%)"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người kiểm")
    )
    at = models.DateTimeField(_("lúc"), auto_now_add=True)
    note = models.CharField(_("ghi chú"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("lần chuẩn bị xe")
        verbose_name_plural = _("các lần chuẩn bị xe")

    def __str__(self) -> str:
        return f"{self.vehicle} {self.at:%d/%m/%Y %H:%M}"
