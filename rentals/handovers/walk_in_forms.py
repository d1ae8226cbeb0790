"""Forms of a walk-in: who stands there, and the least that an account needs."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.users.forms import LANGUAGES, clean_name, clean_phone


class FindForm(forms.Form):
    """An email or a telephone number, whole."""

    who = forms.CharField(
        label=gettext_lazy("Số điện thoại hoặc email của khách"),
        max_length=120,
        error_messages={"required": gettext_lazy("Nhập số điện thoại hoặc email.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "enterkeyhint": "search"}),
    )

    def clean_who(self) -> str:
        typed = str(self.cleaned_data["who"]).strip()
        if "@" not in typed and sum(character.isdigit() for character in typed) < 9:
            raise forms.ValidationError(_("Nhập đủ số điện thoại hoặc cả địa chỉ email."))
        return typed


class NewRenterForm(forms.Form):
    """Name, telephone, email and language of somebody new."""

    full_name = forms.CharField(
        label=gettext_lazy("Họ và tên"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Số điện thoại"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel", "type": "tel"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Email"),
        help_text=gettext_lazy("Khách nhận email để đặt mật khẩu và gửi ảnh giấy tờ."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Ngôn ngữ"), choices=LANGUAGES, initial="vi")

    def clean_full_name(self) -> str:
        return clean_name(str(self.cleaned_data["full_name"]))

    def clean_phone(self) -> str:
        return clean_phone(str(self.cleaned_data["phone"]))
