"""Forms of incidents on the station tablet. They read and explain; the rules stand in the services."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from rentals.handovers.forms import ReasonForm
from rentals.incidents.enums import IncidentKind
from stations.fleet.models import Vehicle
from voltgo.core import clock

LONGEST_NOTE = 400
# What staff see themselves; the other kinds are opened by the overdue ladder.
REPORTED_KINDS = (IncidentKind.BREAKDOWN, IncidentKind.ACCIDENT, IncidentKind.OTHER)


def _reported_kinds() -> list[tuple[str, str]]:
    # Asked anew for each form, so that it speaks the reader's language.
    return [(kind.value, kind.label.capitalize()) for kind in REPORTED_KINDS]


class PlateField(forms.ModelChoiceField[Vehicle]):
    """A vehicle of the station, by its plate."""

    def label_from_instance(self, obj: Vehicle) -> str:
        return f"{obj.plate} · {obj.model}"


class ReportForm(forms.Form):
    """What went wrong with which vehicle."""

    vehicle = PlateField(
        label=_("Xe"),
        queryset=Vehicle.objects.none(),
        to_field_name="code",
        empty_label=_("Chọn xe"),
        error_messages={"required": _("Hãy chọn xe."), "invalid_choice": _("Xe này không ở trạm của bạn.")},
    )
    kind = forms.ChoiceField(
        label=_("Chuyện gì?"),
        choices=_reported_kinds,
        widget=forms.RadioSelect,
        initial=IncidentKind.BREAKDOWN,
    )
    note = forms.CharField(
        label=_("Mô tả"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi ngắn gọn chuyện gì đã xảy ra.")},
    )

    def __init__(self, *args: Any, vehicles: QuerySet[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle = self.fields["vehicle"]
        assert isinstance(vehicle, PlateField)
        vehicle.queryset = vehicles


class NoteForm(forms.Form):
    """A word on a step, if there is one."""

    note = forms.CharField(
        label=_("Ghi chú"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ResolveForm(forms.Form):
    """What was done about it."""

    note = forms.CharField(
        label=_("Đã xử lý thế nào?"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Hãy ghi đã xử lý thế nào.")},
    )


class MomentMixin(forms.Form):
    """A date and a time of day, both or neither."""

    def moment(self) -> datetime | None:
        """Return what was typed, in Vietnam's time."""
        day, time = self.cleaned_data.get("day"), self.cleaned_data.get("time")
        return datetime.combine(day, time, tzinfo=clock.LOCAL_ZONE) if day and time else None


class OutOfServiceForm(MomentMixin, ReasonForm):
    """Why a vehicle cannot be given, and until when, if that is known."""

    day = forms.DateField(
        label=_("Đến ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Giờ"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    field_order = ("reason", "day", "time")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if bool(values.get("day")) != bool(values.get("time")) and not {"day", "time"} & set(self.errors):
            missing = "time" if values.get("day") else "day"
            self.add_error(missing, _("Hãy ghi cả ngày và giờ, hoặc để trống cả hai."))
        until = self.moment()
        if until is not None and until <= clock.now():
            self.add_error("day", _("Lúc kết thúc phải ở sau lúc này."))
        return values


class WaitForm(MomentMixin, ReasonForm):
    """Until when a late renter is waited for, and why."""

    day = forms.DateField(
        label=_("Chờ đến ngày"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Hãy chọn ngày.")},
    )
    time = forms.TimeField(
        label=_("Giờ"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Hãy chọn giờ.")},
    )
    field_order = ("day", "time", "reason")


class NoShowForm(forms.Form):
    """That nobody came, with what was tried."""

    note = forms.CharField(
        label=_("Đã liên lạc với khách thế nào?"),
        max_length=250,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
