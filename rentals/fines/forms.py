"""What a renter writes about a fine."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    objection = forms.CharField(
        label=_("Vì sao bạn không đồng ý?"),
        help_text=_("Nêu rõ điều gì không đúng: xe, thời gian, địa điểm hoặc người lái."),
        max_length=1000,
        min_length=10,
        error_messages={"min_length": _("Hãy viết ít nhất %(limit_value)d ký tự.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
