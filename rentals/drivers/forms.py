"""Forms about additional drivers."""

from django import forms
from django.utils.translation import gettext_lazy as _


class InviteForm(forms.Form):
    """Whom to ask."""

    email = forms.EmailField(
        label=_("Email của người lái thêm"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )


class AgreeForm(forms.Form):
    """The invited person's agreement to stand in the contract."""

    agrees = forms.BooleanField(
        label=_(
            "Tôi đồng ý lái xe theo hợp đồng của chuyến này, và đồng ý để tên, hạng giấy phép của tôi được ghi vào đó."
        ),
        error_messages={"required": _("Hãy đánh dấu để đồng ý, hoặc từ chối lời mời.")},
    )
