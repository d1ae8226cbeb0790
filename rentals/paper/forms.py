"""What stands on a form, as it is typed in: few fields, in the order of the paper."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import LicenceClass
from rentals.handovers.enums import DamageKind
from stations.checklists.lists import Item
from stations.fleet.parts import parts_of
from voltgo.core import clock
from voltgo.core.images import PhotoRefused, clean_photo
from voltgo.core.money import Dong

CLOCK = re.compile(r"^\s*(\d{1,2})\s*[:hg.,]?\s*(\d{2})\s*$", re.IGNORECASE)
MOST_SCANS = 6
MARK_ROWS = 4


class ClockField(forms.Field):
    """A time of day however it is written by hand: 9:05, 0905, 9h05, 9g05."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values:
            return None
        found = CLOCK.match(str(value))
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise forms.ValidationError(_("Ghi giờ như trên phiếu, ví dụ 9:05."), code="clock")
        return time(int(found[1]), int(found[2]))


class MultipleFileInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ScansField(forms.FileField):
    """Photographs or scans of the paper, at least one."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        cleaned = [super(ScansField, self).clean(file, initial) for file in files]
        if self.required and not cleaned:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(cleaned) > MOST_SCANS:
            raise forms.ValidationError(_("Nhiều nhất sáu ảnh."), code="too_many")
        for file in cleaned:
            _check_scan(file)
        return cleaned


def _check_scan(file: Any) -> None:
    """Refuse now what could not be used later: a form is entered once, and its scan is the signatures."""
    try:
        clean_photo(file)
    except PhotoRefused as refusal:
        raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
    file.seek(0)


class PaperEntry(forms.Form):
    """The fields that every form has."""

    booking = forms.CharField(label=_("Mã đặt xe"), max_length=20)
    day = forms.DateField(
        label=_("Ngày trên phiếu"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    at = ClockField(label=_("Giờ trên phiếu"))
    actor = forms.ChoiceField(label=_("Nhân viên ký trên phiếu"))
    odometer_km = forms.IntegerField(label=_("Số km"), min_value=0, max_value=2_000_000)
    battery_percent = forms.IntegerField(label=_("Pin (%)"), min_value=0, max_value=100)
    unchecked = forms.MultipleChoiceField(
        label=_("Mục KHÔNG đạt trên phiếu"), widget=forms.CheckboxSelectMultiple, required=False
    )
    note = forms.CharField(
        label=_("Ghi chú"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    scans = ScansField(label=_("Ảnh chụp phiếu"), help_text=_("Cả hai mặt, đọc được số phiếu và chữ ký."))

    def __init__(
        self,
        *args: Any,
        people: Sequence[tuple[str, str]],
        items: Sequence[Item],
        vehicle_kind: str,
        is_blank: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        actor, unchecked = self.fields["actor"], self.fields["unchecked"]
        assert isinstance(actor, forms.ChoiceField)
        assert isinstance(unchecked, forms.MultipleChoiceField)
        actor.choices = list(people)
        unchecked.choices = [(item.code, str(item.words)) for item in items]
        if not items:
            del self.fields["unchecked"]
        if not is_blank:
            del self.fields["booking"]
        parts = [("", "–"), *((code, str(words)) for code, words in parts_of(vehicle_kind).items())]
        kinds = [("", "–"), *DamageKind.choices]
        for row in range(MARK_ROWS):
            self.fields[f"mark_part_{row}"] = forms.ChoiceField(
                label=_("Bộ phận"), choices=parts, required=False
            )
            self.fields[f"mark_kind_{row}"] = forms.ChoiceField(
                label=_("Hư hại"), choices=kinds, required=False
            )
            self.fields[f"mark_note_{row}"] = forms.CharField(
                label=_("Mô tả"), max_length=200, required=False
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        day, at = values.get("day"), values.get("at")
        if isinstance(day, date) and isinstance(at, time):
            moment = datetime.combine(day, at, tzinfo=clock.LOCAL_ZONE)
            if moment > clock.now():
                self.add_error("at", _("Giờ trên phiếu chưa tới."))
            values["occurred_at"] = moment
        return values

    def checked(self) -> list[str]:
        """Return the codes that were in order."""
        bad = set(self.cleaned_data.get("unchecked") or ())
        return [item.code for item in self.items if item.code not in bad]

    def marks(self) -> list[dict[str, Any]]:
        """Return the marks of damage; x and y stand on the scan only."""
        rows = [
            {name: self.cleaned_data.get(f"mark_{name}_{row}") for name in ("part", "kind", "note")}
            for row in range(MARK_ROWS)
        ]
        return [
            {**mark, "note": mark["note"] or "", "x": None, "y": None, "file": None}
            for mark in rows
            if mark["part"] and mark["kind"]
        ]


class PickupEntry(PaperEntry):
    """A handover on paper."""

    papers_seen = forms.BooleanField(label=_("Đã đối chiếu giấy tờ gốc và khuôn mặt"))
    both_signed = forms.BooleanField(label=_("Khách và nhân viên đã ký trên phiếu"))
    cash_amount = forms.IntegerField(label=_("Tiền mặt đã thu (₫)"), min_value=0, required=False)

    def cash(self) -> Dong:
        return int(self.cleaned_data.get("cash_amount") or 0)


class ReturnEntry(PaperEntry):
    """A return on paper."""

    is_dirty = forms.BooleanField(label=_("Xe bẩn, cần rửa trước khi giao tiếp"), required=False)


class WalkInEntry(PickupEntry):
    """A handover to somebody who had no booking."""

    name = forms.CharField(label=_("Họ và tên khách"), max_length=120)
    phone = forms.CharField(label=_("Điện thoại"), max_length=20)
    email = forms.EmailField(label=_("Email"), required=False)
    born_on = forms.DateField(label=_("Ngày sinh"), widget=forms.DateInput(attrs={"type": "date"}))
    licence_class = forms.ChoiceField(label=_("Hạng giấy phép lái xe"), choices=LicenceClass.choices)
    licence_number = forms.CharField(label=_("Số giấy phép lái xe"), max_length=20)
    licence_expires_on = forms.DateField(
        label=_("Giấy phép có hạn đến"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    vehicle = forms.ChoiceField(label=_("Xe đã giao"))
    until_day = forms.DateField(
        label=_("Ngày hẹn trả"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until_at = ClockField(label=_("Giờ hẹn trả"))
    rent_amount = forms.IntegerField(label=_("Tiền thuê đã ghi (₫)"), min_value=0)
    deposit_amount = forms.IntegerField(label=_("Tiền cọc đã ghi (₫)"), min_value=0)

    def __init__(self, *args: Any, vehicles: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle = self.fields["vehicle"]
        assert isinstance(vehicle, forms.ChoiceField)
        vehicle.choices = list(vehicles)
        self.fields.pop("booking", None)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        day, at = values.get("until_day"), values.get("until_at")
        if isinstance(day, date) and isinstance(at, time):
            ends_at = datetime.combine(day, at, tzinfo=clock.LOCAL_ZONE)
            starts_at = values.get("occurred_at")
            if starts_at is not None and ends_at <= starts_at:
                self.add_error("until_at", _("Giờ hẹn trả phải sau giờ giao xe."))
            values["ends_at"] = ends_at
        return values


class FindFormForm(forms.Form):
    """The number of a form, typed or scanned."""

    number = forms.CharField(
        label=_("Số phiếu"), max_length=200, error_messages={"required": _("Hãy gõ hoặc quét số phiếu.")}
    )
