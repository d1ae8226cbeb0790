"""The form of those who want a VAT invoice: who they are on it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.invoices.buyers import Buyer, checked
from payments.invoices.enums import BuyerKind
from payments.invoices.errors import BuyerIncomplete

PERSON_LABELS = {
    BuyerKind.COMPANY: _("Công ty, tổ chức"),
    BuyerKind.PERSON: _("Cá nhân Việt Nam"),
    BuyerKind.FOREIGNER: _("Cá nhân nước ngoài"),
}


class BuyerForm(forms.Form):
    """What an invoice must say of its buyer. Which of the two numbers counts follows from the kind."""

    kind = forms.ChoiceField(
        label=_("Xuất hóa đơn cho"), choices=list(PERSON_LABELS.items()), widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=_("Tên công ty hoặc họ tên"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    tax_code = forms.CharField(
        label=_("Mã số thuế"),
        max_length=14,
        required=False,
        help_text=_("Cho công ty: 10 chữ số, chi nhánh thêm 3 chữ số, như 0100109106-001."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    person_number = forms.CharField(
        label=_("Số định danh hoặc hộ chiếu"),
        max_length=20,
        required=False,
        help_text=_("Cho cá nhân: 12 chữ số của căn cước; người nước ngoài: số hộ chiếu."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(
        label=_("Địa chỉ"),
        max_length=300,
        required=False,
        help_text=_("Công ty cần địa chỉ đã đăng ký."),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    email = forms.EmailField(
        label=_("Email nhận hóa đơn"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    is_default = forms.BooleanField(label=_("Dùng cho các chuyến sau nữa"), required=False)

    def __init__(self, *args: Any, buyer: Buyer, asks_default: bool, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "kind": buyer.kind,
            "name": buyer.name,
            "tax_code": buyer.tax_code,
            "person_number": buyer.person_number,
            "address": buyer.address,
            "email": buyer.email,
        }
        super().__init__(*args, **kwargs)
        if not asks_default:
            del self.fields["is_default"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "kind" not in values or "name" not in values:
            return values
        try:
            values["buyer"] = checked(
                Buyer(
                    kind=BuyerKind(values["kind"]),
                    name=values["name"],
                    tax_code=values.get("tax_code", ""),
                    person_number=values.get("person_number", ""),
                    address=values.get("address", ""),
                    email=values.get("email", ""),
                )
            )
        except BuyerIncomplete as refusal:
            self.add_error(refusal.details["field"], str(refusal))
        return values
