"""Forms about identity papers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import ImageSide
from accounts.kyc.errors import ConsentMissing, ImagesMissing, ImagesRefused
from voltgo.core.errors import DomainError


class DocumentUploadForm(forms.Form):
    """Two photographs and a consent; what a photograph may be is judged by the service."""

    front = forms.FileField(label=_("Mặt trước"), required=False)
    back = forms.FileField(label=_("Mặt sau"), required=False)
    consent = forms.BooleanField(
        label=_("Đồng ý"),
        error_messages={"required": _("Cần bạn đồng ý để chúng tôi kiểm tra giấy tờ.")},
    )
    # Travels with the page: who agrees to an old text in an open tab is asked again.
    consent_version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kept_sides: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_sides = set(kept_sides)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for side in ImageSide:
            if not cleaned.get(side) and side not in self.kept_sides:
                self.add_error(side, self._missing(side))
        if self.kept_sides >= set(ImageSide.values) and not self.uploads():
            self.add_error(None, _("Hãy chọn ít nhất một ảnh mới."))
        return cleaned

    def uploads(self) -> dict[str, Any]:
        """Return what was sent, by side."""
        return {str(side): self.cleaned_data[side] for side in ImageSide if self.cleaned_data.get(side)}

    def explain(self, refusal: DomainError) -> None:
        """Put a refusal of the service where the person can act on it."""
        if isinstance(refusal, ImagesRefused):
            for side, error in refusal.details["errors"].items():
                self.add_error(side, str(error))
        elif isinstance(refusal, ImagesMissing):
            for side in refusal.details["sides"]:
                self.add_error(side, self._missing(ImageSide(side)))
        elif isinstance(refusal, ConsentMissing):
            self.add_error("consent", _("Nội dung đồng ý đã thay đổi. Hãy đọc lại và đánh dấu lần nữa."))
        else:
            self.add_error(None, str(refusal))

    def _missing(self, side: ImageSide) -> Any:
        return _("Thiếu ảnh mặt trước.") if side == ImageSide.FRONT else _("Thiếu ảnh mặt sau.")
