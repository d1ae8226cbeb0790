"""What deciding on a conflict asks for."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from rentals.sync.enums import Resolution
from rentals.sync.models import SyncConflict
from rentals.sync.rules import rule


class ResolveForm(forms.Form):
    """How, why, and that the consequence was read."""

    resolution = forms.ChoiceField(label=_("Cách xử lý"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Vì sao"), max_length=500, strip=True, widget=forms.Textarea(attrs={"rows": 3})
    )
    is_sure = forms.BooleanField(label=_("Tôi đã xem những gì máy gửi và hiểu hệ quả"))

    def __init__(self, *args: Any, conflict: SyncConflict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = rule(conflict.code).offers
        self.fields["resolution"].choices = [  # type: ignore[attr-defined]
            (offer.value, capfirst(offer.label)) for offer in Resolution if offer in offers
        ]
