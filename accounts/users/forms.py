"""Forms of the account."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from accounts.users.services import has_locked_name

# Each in its own words, so that whoever is lost finds theirs.
LANGUAGES = [(User.Language.VIETNAMESE.value, "Tiếng Việt"), (User.Language.ENGLISH.value, "English")]
PHONE = re.compile(r"^\+?\d{9,14}$")


def clean_phone(value: str) -> str:
    """Strip spaces and punctuation; refuse what cannot be called."""
    digits = re.sub(r"[\s.\-()]", "", value)
    if not PHONE.match(digits):
        raise forms.ValidationError(_("Nhập số điện thoại gồm 9 đến 14 chữ số, ví dụ 0901 234 567."))
    return digits


def clean_name(value: str) -> str:
    """Join with single spaces; refuse what is no name."""
    name = " ".join(value.split())
    if len(name) < 2 or not any(character.isalpha() for character in name):
        raise forms.ValidationError(_("Nhập họ và tên đầy đủ."))
    return name


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
        return clean_name(str(self.cleaned_data["full_name"]))

    def clean_phone(self) -> str:
        return clean_phone(str(self.cleaned_data["phone"]))

    def signup(self, request: Any, user: Any) -> None:
        """Nothing more to do: the adapter has kept the fields."""


class ProfileForm(forms.Form):
    """Name, phone and language; the name of a verified person is shown, not asked."""

    full_name = forms.CharField(
        label=_("Họ và tên"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = forms.CharField(
        label=_("Số điện thoại"),
        max_length=20,
        help_text=_("Để trạm liên hệ khi bạn nhận xe."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    language = forms.ChoiceField(
        label=_("Ngôn ngữ"),
        choices=LANGUAGES,
        help_text=_("Dùng cho trang web, email và hợp đồng."),
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        given = {"full_name": user.full_name, "phone": user.phone, "language": user.language}
        super().__init__(data, initial=given)
        if has_locked_name(user):
            self.fields["full_name"].disabled = True
            self.fields["full_name"].help_text = _(
                "Khớp với giấy tờ đã duyệt nên không đổi được. Hãy gọi tổng đài nếu tên của bạn đã thay đổi."
            )

    def clean_full_name(self) -> str:
        return clean_name(str(self.cleaned_data["full_name"]))

    def clean_phone(self) -> str:
        return clean_phone(str(self.cleaned_data["phone"]))
