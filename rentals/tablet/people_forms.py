"""What people type to enrol a tablet, withdraw it, and set or give a PIN."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.access.recent import is_recent, prove
from accounts.users.models import User
from stations.tablets.access import is_by_pin
from stations.tablets.pins import PIN_DIGITS, is_pin


class EnrolForm(forms.Form):
    name = forms.CharField(
        label=_("Tên máy"), max_length=60, strip=True, help_text=_("Ví dụ: Quầy 1, Bãi xe. Tên dán trên máy.")
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Lý do"),
        max_length=300,
        strip=True,
        help_text=_("Ví dụ: mất máy ở bãi xe, hỏng, đổi máy mới."),
    )


def pin_field(label: Any, **extra: Any) -> forms.CharField:
    """Return a field for six digits: a number pad on touch screens, and nothing that a browser would remember."""
    attributes = {
        "inputmode": "numeric",
        "autocomplete": "off",
        "maxlength": PIN_DIGITS,
        "class": "pin-input",
    }
    widget = forms.PasswordInput(attrs=attributes)
    return forms.CharField(label=label, widget=widget, strip=True, **extra)


class PinForm(forms.Form):
    """A new PIN, twice; and the password, unless it was given here lately."""

    pin = pin_field(_("Mã PIN mới"), help_text=_("Sáu chữ số mà người khác không đoán ra."))
    again = pin_field(_("Nhập lại mã PIN"))
    password = forms.CharField(
        label=_("Mật khẩu của bạn"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        help_text=_("Để chắc rằng chính bạn đặt mã PIN."),
    )

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user
        # A PIN is no reason to trust the next one: that takes a full sign-in, of today's half shift.
        if is_recent(request) and not is_by_pin(request):
            del self.fields["password"]

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if not is_pin(pin):
            raise forms.ValidationError(_("Mã PIN gồm đúng sáu chữ số."))
        return pin

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not prove(self.request, self.user, password):
            raise forms.ValidationError(_("Mật khẩu chưa đúng."))
        return password

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "pin" in found and found.get("again") not in {None, found["pin"]}:
            self.add_error("again", _("Hai lần nhập chưa giống nhau."))
        return found


class UnlockForm(forms.Form):
    """Who it is, and their PIN."""

    person = forms.ChoiceField(
        label=_("Bạn là ai?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn tên của bạn.")},
    )
    pin = pin_field(_("Mã PIN"))

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people  # type: ignore[attr-defined]
