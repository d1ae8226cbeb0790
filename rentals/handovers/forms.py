"""Forms of the counter. They read and explain; the rules stand in the services."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from rentals.bookings.enums import CancelReason
from rentals.handovers import checklists
from rentals.handovers.enums import DamageKind
from rentals.handovers.models import Inspection
from stations.checklists.enums import Component
from stations.checklists.lists import Item, by_component
from stations.fleet.models import Vehicle
from stations.fleet.parts import parts_of
from voltgo.core import clock
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import km, percent

Choice = tuple[str, str | Promise]

# Why keys are not given; the code decides whose fault it is and so the refund.
ABORT_REASONS: Sequence[Choice] = (
    (CancelReason.NOT_ELIGIBLE, _("Khách không đủ điều kiện hoặc giấy tờ gốc không khớp")),
    (CancelReason.VEHICLE_UNFIT, _("Xe không đạt: hỏng, bẩn, pin yếu (hoàn tiền toàn bộ)")),
    (CancelReason.OPERATOR, _("Lỗi của VoltGo: không có xe, trạm gặp sự cố (hoàn tiền toàn bộ)")),
    (CancelReason.RENTER, _("Khách đổi ý, không nhận xe")),
)
LONGEST_NOTE = 300


def refuse(form: forms.BaseForm, error: DomainError, field: str | None = None) -> None:
    """Say a service's refusal at the field it is about, or above the form."""
    form.add_error(field if field in form.fields else None, str(error))


class ScanForm(forms.Form):
    """A booking code, typed or scanned."""

    code = forms.CharField(
        label=_("Mã đặt xe"), max_length=200, error_messages={"required": _("Hãy gõ hoặc quét mã.")}
    )


class ChecklistForm(forms.Form):
    """Points to tick, and a note."""

    checked = forms.MultipleChoiceField(
        label=_("Đã kiểm"), widget=forms.CheckboxSelectMultiple, required=False
    )
    note = forms.CharField(
        label=_("Ghi chú"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, items: Iterable[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = tuple(items)
        checked = self.fields["checked"]
        assert isinstance(checked, forms.MultipleChoiceField)
        checked.choices = [(item.code, str(item.words)) for item in self.items]

    def unchecked(self) -> list[Item]:
        """Return the mandatory points that were not ticked."""
        ticked = self.cleaned_data["checked"]
        return [item for item in self.items if item.is_mandatory and item.code not in ticked]

    def groups(self) -> list[dict[str, Any]]:
        """Return the boxes by component, for the page."""
        tags = {str(box.data["value"]): box.tag() for box in self["checked"]}
        return [
            {
                "label": Component(component).label if component in Component.values else "",
                "boxes": [{"item": item, "tag": tags[item.code]} for item in items],
            }
            for component, items in by_component(self.items)
        ]


class PapersForm(forms.Form):
    """One tick per paper compared, and one for the face."""

    # Not "matches": a control of that name would hide Element.matches of its form from scripts.
    compared = forms.MultipleChoiceField(
        label=_("Đã đối chiếu bản gốc"), widget=forms.CheckboxSelectMultiple, required=False
    )

    # Which selfies the page has shown: the tick is about these pictures, not about one that has come since.
    shown = forms.RegexField(r"^[0-9.]*$", required=False, widget=forms.HiddenInput)

    # Nobody need come: an unticked driver is no driver of this trip.
    drivers = forms.MultipleChoiceField(
        label=_("Người lái thêm có mặt"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(
        self,
        *args: Any,
        papers: Sequence[Choice],
        drivers: Sequence[Choice] = (),
        is_face_open: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        along = self.fields["drivers"]
        assert isinstance(along, forms.MultipleChoiceField)
        along.choices = list(drivers)
        compared = self.fields["compared"]
        assert isinstance(compared, forms.MultipleChoiceField)
        # Of a selfie that no machine has compared this tick is the comparison.
        face = (
            _("Khuôn mặt khớp: người ở quầy, ảnh chân dung và ảnh trên giấy tờ là một người")
            if is_face_open
            else _("Người đến nhận xe đúng là người trong ảnh")
        )
        compared.choices = [*papers, ("face", face)]
        self.needed = {str(code) for code, _words in compared.choices}

    def clean_shown(self) -> list[int] | None:
        if "shown" not in self.data:
            return None
        return [int(number) for number in self.cleaned_data["shown"].split(".") if number]

    def clean_compared(self) -> list[str]:
        ticked: list[str] = self.cleaned_data["compared"]
        if self.needed - set(ticked):
            raise forms.ValidationError(_("Hãy đối chiếu và đánh dấu từng mục, hoặc hủy giao xe."))
        return ticked


class ReadingsForm(forms.Form):
    """What the dashboard says."""

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


class ReturnReadingsForm(ReadingsForm, ChecklistForm):
    """At return the readings and what came back with the vehicle stand on one page."""

    is_dirty = forms.BooleanField(label=_("Xe bẩn, phải vệ sinh trước khi cho thuê tiếp"), required=False)

    field_order = ("odometer_km", "battery_percent", "checked", "is_dirty", "note")

    def __init__(self, *args: Any, cleaning_fee: int = 0, **kwargs: Any) -> None:
        """Ask about dirt only where the frozen price has a fee for it."""
        super().__init__(*args, **kwargs)
        if not cleaning_fee:
            del self.fields["is_dirty"]
            return
        words = _("Khách trả phí vệ sinh %(amount)s. Chụp rõ chỗ bẩn và mô tả ở ghi chú.")
        self.fields["is_dirty"].help_text = words % {"amount": format_dong(cleaning_fee)}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("is_dirty") and not values.get("note", "").strip():
            self.add_error("note", _("Hãy mô tả chỗ bẩn."))
        return values


class DamageForm(forms.Form):
    """One mark of damage: a pin on the drawing (as JSON), or a part chosen from the list."""

    pins = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000)
    pins_part = forms.ChoiceField(label=_("Bộ phận"), required=False)
    kind = forms.ChoiceField(
        label=_("Loại hư hại"),
        choices=[(code, capfirst(words)) for code, words in DamageKind.choices],
        widget=forms.RadioSelect,
        initial=DamageKind.SCRATCH,
    )
    note = forms.CharField(label=_("Mô tả"), max_length=200, required=False)
    upload = forms.FileField(label=_("Ảnh chụp gần"), required=False)

    def __init__(self, *args: Any, vehicle_kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        part = self.fields["pins_part"]
        assert isinstance(part, forms.ChoiceField)
        part.choices = [("", _("Chọn bộ phận")), *parts_of(vehicle_kind).items()]

    def clean(self) -> dict[str, Any]:
        """Settle which part is meant: the pin's, else the list's."""
        values = super().clean() or self.cleaned_data
        pin = _first_pin(values.get("pins", ""))
        part = str(pin.get("part") or values.get("pins_part") or "")
        if not part and "pins_part" not in self.errors:
            self.add_error("pins_part", _("Hãy chạm vào hình hoặc chọn bộ phận."))
        return {**values, "part": part, "x": _thousandths(pin.get("x")), "y": _thousandths(pin.get("y"))}


def _first_pin(text: str) -> dict[str, Any]:
    """Read the pin that the drawing's script has written; anything else counts as none."""
    try:
        pins = json.loads(text or "[]")
    except ValueError:
        return {}
    pin = pins[0] if isinstance(pins, list) and pins else {}
    return pin if isinstance(pin, dict) else {}


def _thousandths(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= 1000 else None


class ReturnDamageForm(DamageForm):
    """New damage may be charged."""

    charge_amount = forms.IntegerField(
        label=_("Bồi thường"),
        min_value=0,
        required=False,
        initial=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 10_000}),
        error_messages={"invalid": _("Chỉ ghi số tiền, ví dụ 500000.")},
    )

    def clean_charge_amount(self) -> int:
        return self.cleaned_data["charge_amount"] or 0


class ConfirmForm(forms.Form):
    """The tick before what cannot be undone."""

    sure = forms.BooleanField(
        label=_("Tôi xác nhận"), error_messages={"required": _("Hãy đánh dấu để xác nhận.")}
    )


class AbortForm(ConfirmForm):
    """Why the keys are not given."""

    reason = forms.ChoiceField(
        label=_("Vì sao không giao xe?"),
        choices=ABORT_REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn lý do.")},
    )
    note = forms.CharField(
        label=_("Chuyện gì đã xảy ra"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi ngắn gọn để khách và vận hành hiểu.")},
    )
    field_order = ("reason", "note", "sure")


class ReasonForm(forms.Form):
    """A word on why."""

    reason = forms.CharField(
        label=_("Lý do"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi lý do.")},
    )


class VehicleField(forms.ModelChoiceField[Vehicle]):
    """A vehicle as staff tell it apart: plate, charge, odometer."""

    def label_from_instance(self, obj: Vehicle) -> str:
        return f"{obj.plate} · {percent(obj.battery_percent)} · {km(obj.odometer_km)}"


class SwapForm(ReasonForm):
    """Which vehicle goes out instead."""

    vehicle = VehicleField(
        label=_("Xe thay thế"),
        queryset=Vehicle.objects.none(),
        widget=forms.RadioSelect,
        to_field_name="code",
        empty_label=None,
        error_messages={"required": _("Hãy chọn xe."), "invalid_choice": _("Xe này vừa có người đặt.")},
    )
    field_order = ("vehicle", "reason")

    def __init__(self, *args: Any, vehicles: QuerySet[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vehicle = self.fields["vehicle"]
        assert isinstance(vehicle, VehicleField)
        vehicle.queryset = vehicles


class PresentedForm(forms.Form):
    """The moment at which the vehicle really stood at the counter."""

    day = forms.DateField(label=_("Ngày"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label=_("Giờ"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(
        label=_("Vì sao sửa giờ?"), max_length=LONGEST_NOTE, error_messages={"required": _("Hãy ghi lý do.")}
    )

    def moment(self) -> datetime:
        """Return the time as typed, in Vietnam's time."""
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], tzinfo=clock.LOCAL_ZONE)


class PrepareForm(ChecklistForm):
    """The ready gate of a vehicle."""

    battery_percent = forms.IntegerField(
        label=_("Pin"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": _("Hãy ghi phần trăm pin.")},
    )
    field_order = ("checked", "battery_percent", "note")


def checklist_initial(inspection: Inspection) -> dict[str, Any]:
    """Return what was ticked and noted before."""
    return {"checked": inspection.checked, "note": inspection.note}


def checklist_items(inspection: Inspection) -> tuple[Item, ...]:
    return checklists.items_of(inspection)
