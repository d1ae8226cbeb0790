"""Cities, stations, their hours and closures, and who works there, for operators."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from stations.network import services
from stations.network.models import City, OpeningHours, StaffPost, Station, StationClosure
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, link, link_to_list
from voltgo.core.backoffice.fields import MinuteInput
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.inlines import OperatorInline
from voltgo.core.backoffice.pages import OperatorAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step


@admin.register(City)
class CityAdmin(OperatorAdmin):
    list_display = ("name", "name_en", "slug", "station_count")
    search_fields = ("name", "name_en", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name_en",)}
    kept_because = _("Trạm, bảng giá và các lượt thuê cũ thuộc về thành phố này.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[City]:
        return City.objects.annotate(stations_open=Count("stations", filter=Q(stations__is_active=True)))

    @column(_("trạm đang hoạt động"), order="stations_open")
    def station_count(self, city: City) -> str:
        count = str(getattr(city, "stations_open", 0))
        return link_to_list(Station, f"city__id__exact={city.pk}&is_active__exact=1", count)


class OpeningHoursForm(forms.ModelForm[OpeningHours]):
    opens_minute = MinuteInput(label=_("Mở cửa"))
    closes_minute = MinuteInput(label=_("Đóng cửa"), help_text=_("24:00 là hết ngày."))

    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens_minute", "closes_minute")


class OpeningHoursInline(OperatorInline):
    """The week; a day that is missing is a closed day."""

    model = OpeningHours
    form = OpeningHoursForm
    max_num = 7
    tab = True


class StationClosureInline(OperatorInline):
    model = StationClosure
    tab = True
    ordering = ("-starts_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StationClosure]:
        """Leave out what ended long ago; the list of closures has it."""
        rows: QuerySet[StationClosure] = super().get_queryset(request)
        return rows.filter(ends_at__gte=clock.day_bounds(clock.today())[0])


POST_TAKEN = _("Người này đang có vị trí ở trạm này.")


class StaffPostForm(forms.ModelForm[StaffPost]):
    class Meta:
        model = StaffPost
        fields = ("user", "station", "role")

    def clean(self) -> dict[str, Any]:
        """Check what Django leaves to the database, because the form has no end of the post."""
        values = super().clean() or self.cleaned_data
        user, station = values.get("user"), values.get("station") or self.instance.station_id
        posts = StaffPost.objects.filter(user=user, station=station, ended_at=None)
        if user and station and not self.instance.pk and posts.exists():
            raise ValidationError({"user": POST_TAKEN})
        return values


class StaffPostInline(OperatorInline):
    model = StaffPost
    form = StaffPostForm
    tab = True
    fields = ("user", "role", "ended_at")
    autocomplete_fields = ("user",)
    readonly_fields = ("ended_at",)
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffPost]:
        rows: QuerySet[StaffPost] = super().get_queryset(request)
        return rows.filter(ended_at=None).select_related("user", "station")


@admin.register(Station)
class StationAdmin(OperatorAdmin):
    list_display = ("name", "code", "city", "address", "fleet", "bays", "phone", "is_active")
    list_filter = ("is_active", ("city", RelatedDropdownFilter))
    list_select_related = ("city",)
    search_fields = ("name", "code", "address", "slug")
    prepopulated_fields: ClassVar[Any] = {"slug": ("name",)}
    autocomplete_fields = ("city",)
    fieldsets = (
        (None, {"fields": ("name", "code", "slug", "city", "address", "phone", "is_active")}),
        (_("Vị trí và chỗ đỗ"), {"fields": (("latitude", "longitude"), ("bays", "charger_kw"))}),
    )
    inlines = (OpeningHoursInline, StationClosureInline, StaffPostInline)
    refusals = {"staff_post_one_per_station": POST_TAKEN}
    kept_because = _("Xe và các lượt thuê cũ thuộc về trạm này; hãy bỏ chọn “đang hoạt động”.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Station]:
        # The fleet stands right of stations: it is named here, never imported.
        in_service = Count("vehicles", filter=Q(vehicles__lifecycle="in_service"))
        return Station.objects.annotate(vehicles_in_service=in_service)

    @column(_("xe khai thác"), order="vehicles_in_service")
    def fleet(self, station: Station) -> str:
        count = str(getattr(station, "vehicles_in_service", 0))
        query = f"station__id__exact={station.pk}&lifecycle__exact=in_service"
        return link_to_list("stations.Vehicle", query, count)


@admin.register(StationClosure)
class StationClosureAdmin(OperatorAdmin):
    list_display = ("station", "starts_at", "ends_at", "reason")
    list_filter = (
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        StretchFilter.over("starts_at", "ends_at"),
    )
    list_select_related = ("station",)
    search_fields = ("reason", "station__name", "station__code")
    autocomplete_fields = ("station",)
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)


@admin.register(StaffPost)
class StaffPostAdmin(OperatorAdmin):
    form = StaffPostForm
    refusals = {"staff_post_one_per_station": POST_TAKEN}
    list_display = ("user", "place", "role", "email", "phone", "ended_at")
    list_filter = (
        ("role", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user", "station")
    search_fields = ("user__full_name", "user__email", "user__phone", "station__name", "station__code")
    autocomplete_fields = ("user", "station")
    fields = ("user", "station", "role", "ended_at")
    readonly_fields = ("ended_at",)
    ordering = ("station__name", "user__full_name")
    kept_because = _("Các lượt giao nhận cũ cho biết ai đã làm; hãy kết thúc vị trí.")
    place = link("station", _("trạm"), order="station__name")
    steps = (
        Step(
            name="end",
            label=_("Kết thúc vị trí"),
            hint=_("Người này không còn mở được trang của trạm, kể từ bây giờ."),
            form_class=ReasonForm,
            do=lambda post, by, data: services.end_post(post=post, reason=data["reason"], by=by),
            applies=lambda post: post.ended_at is None,
            icon="person_remove",
            is_grave=True,
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """A post names one person at one station for good; another person is another post."""
        frozen = ("user", "station") if obj else ()
        return (*frozen, *super().get_readonly_fields(request, obj))

    @column(_("email"), order="user__email")
    def email(self, post: StaffPost) -> str:
        return post.user.email

    @column(_("điện thoại"))
    def phone(self, post: StaffPost) -> str:
        return post.user.phone
