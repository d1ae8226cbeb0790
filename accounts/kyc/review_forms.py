"""The reviewer's forms: what was read from the photographs, or why they were sent back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import (
    LICENCE_KINDS,
    SIDES_OF,
    DocumentKind,
    LicenceClass,
    RejectionCode,
)
from accounts.kyc.errors import (
    DocumentNumberTaken,
    PaperContradictsAccount,
    PaperUnreadable,
    ReadingsDiffer,
)
from accounts.kyc.models import IdentityDocument
from accounts.kyc.rules import OLD_PREFIX, NumberWarning, normal_number, warnings_about
from accounts.kyc.services import ReadFields
from accounts.kyc.services.approving import CONVENTION, FOREIGN_KINDS
from voltgo.core.errors import DomainError

# As it stands on the card, or typed without pauses.
DATE_FORMATS = ["%d/%m/%Y", "%d%m%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d"]
CONVENTIONS: Sequence[tuple[str, str | Promise]] = (
    ("", "–"),
    (CONVENTION, _("Công ước Viên 1968")),
    ("1949", _("Công ước Genève 1949")),
    ("other", _("khác, hoặc không ghi")),
)

# What a reviewer may say about each kind of paper; the machine has finer words for photographs.
PAPER_CODES: Sequence[RejectionCode] = (
    RejectionCode.UNREADABLE,
    RejectionCode.WRONG_SIDE,
    RejectionCode.WRONG_DOCUMENT,
    RejectionCode.NAME_MISMATCH,
    RejectionCode.EXPIRED,
    RejectionCode.DUPLICATE,
    RejectionCode.UNDER_AGE,
    RejectionCode.SUSPECTED_FORGERY,
)
SELFIE_CODES: Sequence[RejectionCode] = (
    RejectionCode.FACE_MISMATCH,
    RejectionCode.FACE_UNCLEAR,
    RejectionCode.DUPLICATE,
    RejectionCode.SUSPECTED_FORGERY,
)


def codes_for(document: IdentityDocument) -> Sequence[RejectionCode]:
    """Return the reasons for which a kind of paper may be sent back, in the order of their keys."""
    if document.kind == DocumentKind.SELFIE:
        return SELFIE_CODES
    if document.kind == DocumentKind.DRIVING_PERMIT:
        return (*PAPER_CODES, RejectionCode.PERMIT_NOT_VALID)
    return PAPER_CODES


def _text(label: Any, *, mode: str = "text", length: int = 120, is_needed: bool = True) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": mode, "spellcheck": "false"})
    return forms.CharField(label=label, max_length=length, required=is_needed, widget=widget)


def _date(label: Any, *, help_text: Any = "") -> forms.DateField:
    widget = forms.TextInput(
        attrs={"placeholder": _("ngày/tháng/năm"), "inputmode": "numeric", "autocomplete": "off"}
    )
    return forms.DateField(
        label=label, help_text=help_text, required=False, input_formats=DATE_FORMATS, widget=widget
    )


class ApprovalForm(forms.Form):
    """What the reviewer reads. Whether it can be right is judged by the service."""

    number = _text(_("Số giấy tờ"), length=30)
    full_name = _text(_("Họ và tên trên giấy tờ"))
    born_on = _date(_("Ngày sinh"))
    licence_classes = forms.MultipleChoiceField(
        label=_("Hạng"), choices=LicenceClass.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    issued_on = _date(_("Ngày cấp"))
    expires_on = _date(_("Có giá trị đến"), help_text=_("Để trống nếu không thời hạn."))
    country = _text(_("Nước cấp (ba chữ cái, ví dụ DEU)"), length=3, is_needed=False)
    convention = forms.ChoiceField(label=_("Công ước ghi trên bìa"), choices=CONVENTIONS, required=False)
    override_reason = _text(_("Lý do chấp nhận dù tên hoặc ngày sinh khác"), length=300, is_needed=False)
    accept_warnings = forms.BooleanField(label=_("Tôi đã so lại với ảnh, số đúng như vậy"), required=False)
    accept_difference = forms.BooleanField(
        label=_("Tôi đã xem lại ảnh, tôi giữ những gì mình đọc"), required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        document: IdentityDocument,
        initial: Mapping[str, Any] | None = None,
        differing: Sequence[str] = (),
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.document = document
        self.warnings: list[NumberWarning] = []
        self.differing: Sequence[str] = differing
        if document.kind == DocumentKind.SELFIE:
            self.fields.clear()
            return
        if document.kind not in LICENCE_KINDS:
            del self.fields["licence_classes"]
        elif document.kind in FOREIGN_KINDS:
            classes = self.fields["licence_classes"]
            assert isinstance(classes, forms.MultipleChoiceField)
            classes.choices = [pair for pair in LicenceClass.choices if not pair[0].startswith(OLD_PREFIX)]
        if document.kind not in FOREIGN_KINDS:
            del self.fields["country"]
        if document.kind != DocumentKind.DRIVING_PERMIT:
            del self.fields["convention"]

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
            number=data.get("number", ""),
            full_name=data.get("full_name", ""),
            born_on=data.get("born_on"),
            licence_classes=tuple(data.get("licence_classes", ())),
            issued_on=data.get("issued_on"),
            expires_on=data.get("expires_on"),
            country=data.get("country", ""),
            convention=data.get("convention", ""),
        )

    def explain(self, refusal: DomainError) -> None:
        """Put a refusal of the service at the field that it is about."""
        if isinstance(refusal, PaperUnreadable):
            for name, words in refusal.details["errors"].items():
                self.add_error(name, words)
        elif isinstance(refusal, PaperContradictsAccount):
            self.add_error("override_reason", str(refusal))
        elif isinstance(refusal, DocumentNumberTaken) and "number" in self.fields:
            self.add_error("number", str(refusal))
        elif isinstance(refusal, ReadingsDiffer):
            self.differing = refusal.details["fields"]
            for name in self.differing:
                self.add_error(name, _("Người duyệt đầu đọc khác."))
            self.add_error("accept_difference", str(refusal))
        else:
            self.add_error(None, str(refusal))


class RejectionForm(forms.Form):
    """Why the paper goes back, which photographs are bad, and a few words for its owner."""

    code = forms.ChoiceField(
        label=_("Lý do"), widget=forms.RadioSelect, error_messages={"required": _("Hãy chọn lý do.")}
    )
    sides = forms.MultipleChoiceField(
        label=_("Ảnh cần chụp lại"),
        required=False,
        help_text=_("Không chọn: cả hai ảnh."),
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("Ghi chú cho người gửi"),
        max_length=300,
        required=False,
        help_text=_("Người gửi đọc được. Ví dụ: mặt sau bị lóa ở góc phải."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, document: IdentityDocument) -> None:
        super().__init__(data)
        code, sides = self.fields["code"], self.fields["sides"]
        assert isinstance(code, forms.ChoiceField)
        assert isinstance(sides, forms.MultipleChoiceField)
        code.choices = [(each.value, each.label) for each in codes_for(document)]
        sides.choices = [(each.value, each.label) for each in SIDES_OF[document.kind]]
        if len(SIDES_OF[document.kind]) == 1:
            del self.fields["sides"]

    def explain(self, refusal: DomainError) -> None:
        self.add_error(None, str(refusal))
