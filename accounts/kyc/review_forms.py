"""The reviewer's forms: what was read from the photographs, or why they were sent back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.kyc.enums import DocumentKind, LicenceClass, RejectionCode
from accounts.kyc.errors import DocumentNumberTaken, PaperContradictsAccount, PaperUnreadable
from accounts.kyc.models import IdentityDocument
from accounts.kyc.rules import NumberWarning, normal_number, warnings_about
from accounts.kyc.services import ReadFields
from voltgo.core.errors import DomainError

# As it stands on the card, or typed without pauses.
DATE_FORMATS = ["%d/%m/%Y", "%d%m%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d"]


def _date(label: Any, *, help_text: Any = "") -> forms.DateField:
    widget = UnfoldAdminTextInputWidget(
        attrs={"placeholder": _("ngày/tháng/năm"), "inputmode": "numeric", "autocomplete": "off"}
    )
    return forms.DateField(
        label=label, help_text=help_text, required=False, input_formats=DATE_FORMATS, widget=widget
    )


class ApprovalForm(forms.Form):
    """What the reviewer reads. Whether it can be right is judged by the service."""

    number = forms.CharField(
        label=_("Số giấy tờ"),
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autofocus": True}),
    )
    full_name = forms.CharField(
        label=_("Họ và tên trên giấy tờ"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    born_on = _date(_("Ngày sinh"))
    licence_classes = forms.MultipleChoiceField(
        label=_("Hạng"), choices=LicenceClass.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    issued_on = _date(_("Ngày cấp"))
    expires_on = _date(_("Có giá trị đến"), help_text=_("Để trống nếu không thời hạn."))
    override_reason = forms.CharField(
        label=_("Lý do chấp nhận dù tên hoặc ngày sinh khác"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    accept_warnings = forms.BooleanField(
        label=_("Tôi đã so lại với ảnh, số đúng như vậy"), required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, data: Any = None, *, document: IdentityDocument) -> None:
        super().__init__(data)
        self.document = document
        self.warnings: list[NumberWarning] = []
        if document.kind != DocumentKind.DRIVING_LICENCE:
            del self.fields["licence_classes"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("number")
        if number and self.document.kind == DocumentKind.CITIZEN_CARD:
            self.warnings = warnings_about(normal_number(number), born_on=cleaned.get("born_on"))
        if self.warnings and not cleaned.get("accept_warnings"):
            self.add_error("accept_warnings", _("Hãy so lại số với ảnh rồi xác nhận."))
        return cleaned

    def read(self) -> ReadFields:
        data = self.cleaned_data
        return ReadFields(
            number=data["number"],
            full_name=data["full_name"],
            born_on=data["born_on"],
            licence_classes=tuple(data.get("licence_classes", ())),
            issued_on=data["issued_on"],
            expires_on=data["expires_on"],
        )

    def explain(self, refusal: DomainError) -> None:
        """Put a refusal of the service at the field that it is about."""
        if isinstance(refusal, PaperUnreadable):
            for name, words in refusal.details["errors"].items():
                self.add_error(name, words)
        elif isinstance(refusal, PaperContradictsAccount):
            self.add_error("override_reason", str(refusal))
        elif isinstance(refusal, DocumentNumberTaken):
            self.add_error("number", str(refusal))
        else:
            self.add_error(None, str(refusal))


class RejectionForm(forms.Form):
    """Why the paper goes back, and a few words for its owner."""

    code = forms.ChoiceField(
        label=_("Lý do"), choices=[("", "–"), *RejectionCode.choices], widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        label=_("Ghi chú cho người gửi"),
        max_length=300,
        required=False,
        help_text=_("Người gửi đọc được. Ví dụ: mặt sau bị lóa ở góc phải."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def explain(self, refusal: DomainError) -> None:
        self.add_error(None, str(refusal))
