"""Forms of the drawer. They read and explain; the rules stand in the services."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from payments.cash.denominations import MOST_OF_ONE, NOTES
from rentals.handovers.forms import ConfirmForm
from voltgo.core.money import Dong, format_dong

LONGEST_NOTE = 300
MOST = 10_000_000_000


class DongInput(forms.CharField):
    """An amount as people type it: `1.500.000`, `1500000` or `1 500 000 ₫`."""

    def __init__(self, *, least: Dong = 0, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "data-dong": ""})
        )
        super().__init__(**kwargs)
        self.least = least

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[\s.,₫đ\u00a0]", "", str(value or ""))
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or int(text) > MOST:
            raise forms.ValidationError(_("Chỉ ghi số tiền, ví dụ 1.500.000."))
        amount = int(text)
        if amount < self.least:
            raise forms.ValidationError(_("Số tiền quá nhỏ."))
        return amount

    def run_validators(self, value: Any) -> None:
        """The length was for the text."""

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"])


class CountForm(forms.Form):
    """How many of each note lie there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for note in NOTES:
            self.fields[f"note_{note}"] = forms.IntegerField(
                label=format_dong(note),
                min_value=0,
                max_value=MOST_OF_ONE,
                required=False,
                widget=forms.NumberInput(
                    attrs={"inputmode": "numeric", "autocomplete": "off", "data-note": note, "class": "input"}
                ),
                error_messages={"invalid": _("Chỉ ghi số tờ.")},
            )

    def clean(self) -> dict[str, Any]:
        """A press on an empty form is no count: it would show what should lie there."""
        values = super().clean() or {}
        if not self.errors and all(values.get(f"note_{note}") is None for note in NOTES):
            raise forms.ValidationError(_("Hãy ghi số tờ đã đếm. Nếu két trống, ghi 0 ở một ô."))
        return values

    def pad(self) -> Iterator[tuple[Dong, BoundField]]:
        """Return each note with its field, the largest first."""
        for note in NOTES:
            yield note, self[f"note_{note}"]

    @property
    def counts(self) -> dict[str, int]:
        """Return what was counted, as the services take it."""
        return {str(note): self.cleaned_data.get(f"note_{note}") or 0 for note in NOTES}


class OpenForm(CountForm):
    """What lies in the drawer, and what of it the office brought."""

    float_in = DongInput(
        label=_("Trong đó tiền lẻ công ty vừa giao"),
        required=False,
        help_text=_("Để trống nếu chỉ có tiền ca trước để lại."),
    )
    reason = forms.CharField(
        label=_("Lý do chênh lệch"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FindForm(forms.Form):
    """A booking code, typed or scanned."""

    code = forms.CharField(
        label=_("Mã đặt xe"), max_length=200, error_messages={"required": _("Hãy gõ hoặc quét mã.")}
    )


class TakeForm(ConfirmForm):
    """What the payer hands over; what is asked for is never typed."""

    tendered = DongInput(
        label=_("Khách đưa"), error_messages={"required": _("Hãy ghi số tiền khách đưa.")}, least=1
    )
    # What the page showed, so that nobody confirms another amount.
    shown = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST)
    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    field_order = ("tendered", "sure", "shown", "key")


class PersonField(forms.ModelChoiceField[User]):
    """A colleague, by name."""

    def label_from_instance(self, obj: User) -> str:
        return obj.full_name


class DropForm(ConfirmForm):
    """A sealed bag for the bank."""

    amount = DongInput(
        label=_("Số tiền trong túi"), error_messages={"required": _("Hãy ghi số tiền.")}, least=1
    )
    bag_number = forms.CharField(
        label=_("Số niêm phong của túi"),
        max_length=40,
        error_messages={"required": _("Hãy ghi số niêm phong.")},
    )
    witness = PersonField(
        label=_("Người thứ hai cùng niêm phong"), queryset=User.objects.none(), required=False
    )
    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    field_order = ("amount", "bag_number", "witness", "sure", "key")

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        witness = self.fields["witness"]
        assert isinstance(witness, forms.ModelChoiceField)
        witness.queryset = colleagues
        witness.empty_label = str(_("Không có"))


class FloatForm(ConfirmForm):
    """Change that the office brings in the middle of a session."""

    amount = DongInput(
        label=_("Số tiền nhận thêm"), error_messages={"required": _("Hãy ghi số tiền.")}, least=1
    )
    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    field_order = ("amount", "sure", "key")


class CloseForm(forms.Form):
    """The last words of a session."""

    reason = forms.CharField(
        label=_("Lý do chênh lệch"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    handover_note = forms.CharField(
        label=_("Ghi chú cho ca sau"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def amounts_of(counts: dict[str, int]) -> Sequence[tuple[Dong, int, Dong]]:
    """Return each note that was counted, how many, and what they make."""
    return [(note, counts[str(note)], note * counts[str(note)]) for note in NOTES if counts.get(str(note))]
