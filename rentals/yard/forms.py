"""Forms of the yard. They read and explain; the rules stand in the services."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from rentals.handovers.forms import ReasonForm
from stations.fleet.models import Vehicle
from stations.maintenance.enums import URGENCY, Category, Severity
from stations.maintenance.models import MobileTeam
from stations.network.models import Station
from voltgo.core import clock

LONGEST_TEXT = 500
HINTS = {
    Severity.SAFETY: _("Mất an toàn: xe ngừng phục vụ ngay, khách được lo liệu"),
    Severity.MAJOR: _("Nặng: nên ngừng phục vụ, bạn quyết định ở bước sau"),
    Severity.MINOR: _("Nhẹ: xe vẫn giao cho khách được"),
}


class PhotosInput(forms.ClearableFileInput):
    """Several pictures at once."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Photos, or none; gives a list of uploads."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", PhotosInput(attrs={"accept": "image/*"}))
        super().__init__(**{"required": False, "label": _("Ảnh"), **kwargs})

    def clean(self, data: Any, initial: Any = None) -> Any:
        uploads: Sequence[Any] = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(PhotosField, self).clean(upload, initial) for upload in uploads]


class PlateField(forms.ModelChoiceField[Vehicle]):
    """A vehicle of the station, by its plate."""

    def label_from_instance(self, obj: Vehicle) -> str:
        return f"{obj.plate} · {obj.model}"


class BatteryForm(forms.Form):
    """What the battery shows at the plug; `key` makes a click counted twice one step."""

    battery_percent = forms.IntegerField(
        label=_("Pin"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Hãy ghi phần trăm pin."),
            "invalid": _("Chỉ ghi số từ 0 đến 100."),
            "min_value": _("Chỉ ghi số từ 0 đến 100."),
            "max_value": _("Chỉ ghi số từ 0 đến 100."),
        },
    )
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class ReadingsForm(forms.Form):
    """What the dashboard says at one end of a transfer, with photos."""

    odometer_km = forms.IntegerField(
        label=_("Số km trên đồng hồ"),
        min_value=0,
        max_value=2_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": _("Hãy ghi số km."), "invalid": _("Chỉ ghi số, ví dụ 12345.")},
    )
    battery_percent = forms.IntegerField(
        label=_("Pin"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": _("Hãy ghi phần trăm pin."), "invalid": _("Chỉ ghi số từ 0 đến 100.")},
    )
    photos = PhotosField()


class MomentsForm(forms.Form):
    """Reads a date and a time of day as one moment in Vietnam's time."""

    def moment(self, name: str) -> datetime | None:
        day, time = self.cleaned_data.get(f"{name}_day"), self.cleaned_data.get(f"{name}_time")
        return datetime.combine(day, time, tzinfo=clock.LOCAL_ZONE) if day and time else None


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Hãy chọn ngày.")},
    )


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Hãy chọn giờ.")},
    )


class TransferForm(MomentsForm):
    """Which vehicle goes where, when and why."""

    vehicle = PlateField(
        label=_("Xe"),
        queryset=Vehicle.objects.none(),
        to_field_name="code",
        empty_label=_("Chọn xe"),
        error_messages={
            "required": _("Hãy chọn xe."),
            "invalid_choice": _("Xe này không đứng ở trạm của bạn."),
        },
    )
    destination = forms.ModelChoiceField(
        label=_("Trạm đến"),
        queryset=Station.objects.none(),
        to_field_name="code",
        empty_label=_("Chọn trạm"),
        error_messages={"required": _("Hãy chọn trạm đến.")},
    )
    start_day = _day(_("Ngày đi"))
    start_time = _time(_("Giờ đi"))
    arrival_day = _day(_("Ngày đến"))
    arrival_time = _time(_("Giờ đến"))
    reason = forms.CharField(
        label=_("Vì sao?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Hãy ghi lý do.")},
    )

    def __init__(self, *args: Any, vehicles: QuerySet[Vehicle], station: Station, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle, destination = self.fields["vehicle"], self.fields["destination"]
        assert isinstance(vehicle, PlateField)
        assert isinstance(destination, forms.ModelChoiceField)
        vehicle.queryset = vehicles
        others = Station.objects.active().filter(city=station.city_id).exclude(pk=station.pk)
        destination.queryset = others.order_by("name")


def transfer_initial(vehicle: str) -> dict[str, Any]:
    """Propose to leave now and to take an hour."""
    leaves = clock.local(clock.now()).replace(second=0, microsecond=0)
    arrives = leaves + timedelta(hours=1)
    return {
        "vehicle": vehicle,
        "start_day": leaves.date(),
        "start_time": leaves.time(),
        "arrival_day": arrives.date(),
        "arrival_time": arrives.time(),
    }


def _severities() -> list[tuple[str, Any]]:
    return [(severity.value, HINTS[severity]) for severity in URGENCY]


def _categories() -> list[tuple[str, str]]:
    return [("", str(_("Chọn bộ phận"))), *((each.value, str(capfirst(each.label))) for each in Category)]


class FaultForm(forms.Form):
    """What is wrong with which vehicle, and how bad it is."""

    vehicle = PlateField(
        label=_("Xe"),
        queryset=Vehicle.objects.none(),
        to_field_name="code",
        empty_label=_("Chọn xe"),
        error_messages={"required": _("Hãy chọn xe."), "invalid_choice": _("Xe này không ở trạm của bạn.")},
    )
    severity = forms.ChoiceField(
        label=_("Mức độ"),
        choices=_severities,
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn mức độ.")},
    )
    part = forms.ChoiceField(
        label=_("Bộ phận"), choices=_categories, error_messages={"required": _("Hãy chọn bộ phận.")}
    )
    text = forms.CharField(
        label=_("Xe bị gì?"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi ngắn gọn xe bị gì.")},
    )
    photos = PhotosField()
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, vehicles: QuerySet[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle = self.fields["vehicle"]
        assert isinstance(vehicle, PlateField)
        vehicle.queryset = vehicles


class TeamField(forms.ModelChoiceField[MobileTeam]):
    """A mobile team that serves the station."""


class HandOverForm(FaultForm):
    """An incident for those who repair: its vehicle is known, and a supervisor may name the team."""

    team = TeamField(
        label=_("Giao cho đội"),
        queryset=MobileTeam.objects.none(),
        required=False,
        empty_label=_("Chưa giao, ai rảnh thì nhận"),
    )

    def __init__(self, *args: Any, teams: QuerySet[MobileTeam], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["vehicle"]
        team = self.fields["team"]
        assert isinstance(team, TeamField)
        team.queryset = teams
        if not teams.exists():
            del self.fields["team"]


class AssignForm(forms.Form):
    """Who sees to it: a mobile team, or a technician of the station."""

    to = forms.ChoiceField(
        label=_("Giao cho"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn đội hoặc kỹ thuật viên.")},
    )

    def __init__(
        self, *args: Any, teams: Sequence[MobileTeam], technicians: Sequence[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {f"team-{team.pk}": team for team in teams}
        self.technicians = {f"user-{user.public_id}": user for user in technicians}
        to = self.fields["to"]
        assert isinstance(to, forms.ChoiceField)
        to.choices = [
            *((code, team.name) for code, team in self.teams.items()),
            *((code, user.full_name) for code, user in self.technicians.items()),
        ]

    def chosen(self) -> dict[str, Any]:
        """Return what the service calls it."""
        code = self.cleaned_data["to"]
        return {"team": self.teams.get(code), "assignee": self.technicians.get(code)}


class ResolveForm(forms.Form):
    """What was done, with photos and readings if there are any."""

    note = forms.CharField(
        label=_("Đã làm gì?"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi đã làm gì.")},
    )
    odometer_km = forms.IntegerField(
        label=_("Số km"),
        required=False,
        min_value=0,
        max_value=2_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    battery_percent = forms.IntegerField(
        label=_("Pin"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    photos = PhotosField()


class PhotosForm(forms.Form):
    """More photos of a fault."""

    photos = PhotosField(required=True, error_messages={"required": _("Hãy chọn ảnh.")})


class HindranceForm(ReasonForm):
    """Why it cannot be done now."""


class NoteForm(forms.Form):
    """A word on a step, if there is one."""

    note = forms.CharField(
        label=_("Ghi chú"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
