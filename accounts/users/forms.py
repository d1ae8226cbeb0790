"""Forms of the account."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

PHONE = re.compile(r"^\+?\d{9,14}$")


def clean_phone(value: str) -> str:
    """Strip spaces and punctuation; refuse what cannot be called."""
    digits = re.sub(r"[\s.\-()]", "", value)
    if not PHONE.match(digits):
        raise forms.ValidationError(_("Nhập số điện thoại gồm 9 đến 14 chữ số, ví dụ 0901 234 567."))
    return digits


class SignupDetailsForm(forms.Form):
    """What allauth's sign-up asks besides email and password."""

    full_name = forms.CharField(
        label=_("Họ và tên"),
        max_length=120,
        help_text=_("Như trên giấy tờ tùy thân."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("Số điện thoại"),
        max_length=20,
        help_text=_("Để trạm liên hệ khi bạn nhận xe."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    field_order = ("full_name", "phone", "email", "password1")

    def clean_full_name(self) -> str:
        name = " ".join(str(self.cleaned_data["full_name"]).split())
        if len(name) < 2:
            raise forms.ValidationError(_("Nhập họ và tên đầy đủ."))
        return name

    def clean_phone(self) -> str:
        return clean_phone(str(self.cleaned_data["phone"]))

    def signup(self, request: Any, user: Any) -> None:
        """Nothing more to do: the adapter has kept the fields."""
