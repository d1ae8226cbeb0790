"""What a renter types in the wallet: a bank account, an amount, and what to look for."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.intents.services.payees import MOST_BANK, MOST_NAME
from payments.wallet.selectors import CREDIT, PAYMENTS, RECEIPTS, REFUNDS, Wanted
from voltgo.core import clock
from voltgo.core.money import Dong

SPANS = {"30": 30, "90": 90, "365": 365}


class WantedForm(forms.Form):
    """What of the list is asked for; whatever cannot be understood asks for all."""

    kind = forms.ChoiceField(
        label=_("Loại"),
        required=False,
        choices=[
            ("", _("Tiền trả và tiền hoàn")),
            (PAYMENTS, _("Khoản đã trả")),
            (REFUNDS, _("Khoản hoàn")),
            (RECEIPTS, _("Biên nhận")),
            (CREDIT, _("Số dư VoltGo")),
        ],
    )
    span = forms.ChoiceField(
        label=_("Thời gian"),
        required=False,
        choices=[
            ("", _("Tất cả")),
            ("30", _("30 ngày qua")),
            ("90", _("90 ngày qua")),
            ("365", _("Một năm qua")),
        ],
    )
    code = forms.CharField(label=_("Mã đặt xe"), required=False, max_length=40, strip=True)

    @property
    def wanted(self) -> Wanted:
        self.is_valid()
        values = getattr(self, "cleaned_data", {})
        return Wanted(kind=values.get("kind", ""), since=_since(values), code=values.get("code", ""))


def _since(values: dict[str, Any]) -> datetime | None:
    days = SPANS.get(values.get("span", ""))
    return clock.now() - timedelta(days=days) if days else None


class PayeeForm(forms.Form):
    """A bank account to which money goes."""

    bank = forms.CharField(label=_("Ngân hàng"), max_length=MOST_BANK, strip=True)
    number = forms.CharField(
        label=_("Số tài khoản"),
        max_length=30,
        strip=True,
        help_text=_("Được mã hóa khi lưu; chỉ hiện bốn số cuối."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Tên chủ tài khoản"),
        max_length=MOST_NAME,
        strip=True,
        help_text=_("Như ngân hàng ghi, chẳng hạn NGUYEN MINH ANH."),
    )


class PayoutForm(PayeeForm):
    """How much of the credit goes to a bank account."""

    amount = forms.IntegerField(label=_("Số tiền muốn rút (₫)"), min_value=1)
    # Drawn when the page is shown: sending the form twice is one payout.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    field_order = ("amount", "bank", "number", "name", "key")

    def __init__(self, *args: Any, most: Dong, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = most
