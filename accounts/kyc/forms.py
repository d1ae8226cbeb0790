"""Forms about identity papers: what a person agrees to, and photographs of one paper."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.kyc.consent_texts import REQUIRED, TEXTS, VERSIONS
from accounts.kyc.enums import ConsentPurpose
from accounts.kyc.errors import ImagesMissing, ImagesRefused
from accounts.kyc.shots import SHOTS, Shot, shots_of
from voltgo.core.errors import DomainError


class ConsentForm(forms.Form):
    """One box for each purpose, none of them ticked beforehand; only the first has to be."""

    def __init__(self, *args: Any, purposes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purposes = [ConsentPurpose(purpose) for purpose in purposes]
        for purpose in self.purposes:
            self.fields[purpose.value] = forms.BooleanField(
                label=TEXTS[purpose],
                required=purpose in REQUIRED,
                error_messages={"required": _("Cần bạn đồng ý để chúng tôi kiểm tra giấy tờ.")},
            )
            # Travels with the page: who agrees to an old text in an open tab is asked again.
            self.fields[self._version_of(purpose)] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=VERSIONS[purpose]
            )

    def given(self) -> list[str]:
        """Return the purposes that were ticked."""
        return [purpose.value for purpose in self.purposes if self.cleaned_data.get(purpose.value)]

    def versions(self) -> dict[str, str]:
        """Return the versions of the words that stood on the page."""
        return {
            purpose.value: str(self.cleaned_data.get(self._version_of(purpose), ""))
            for purpose in self.purposes
        }

    def ask_again(self) -> None:
        """The words on the page no longer hold: show the present ones, and what was ticked counts for nothing."""
        self.add_error(None, _("Nội dung đồng ý đã thay đổi. Hãy đọc lại và đánh dấu lần nữa."))
        ticked = {purpose.value for purpose in self.purposes}
        present = {self._version_of(purpose): VERSIONS[purpose] for purpose in self.purposes}
        self.data = {name: value for name, value in self.data.items() if name not in ticked} | present

    def rows(self) -> list[tuple[ConsentPurpose, Any]]:
        """Return each purpose with its box."""
        return [(purpose, self[purpose.value]) for purpose in self.purposes]

    def _version_of(self, purpose: ConsentPurpose) -> str:
        return f"{purpose.value}_version"


class CaptureForm(forms.Form):
    """The photographs of one paper; what a photograph may be is judged by the service.

    `kept` holds the addresses of photographs that need not be taken again, `bad` what is wrong with others, by side.
    """

    def __init__(
        self,
        *args: Any,
        kind: str,
        kept: Mapping[str, str] | None = None,
        bad: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.kept, self.bad = kind, kept or {}, bad or {}
        for shot in SHOTS[kind]:
            self.fields[str(shot.name)] = forms.FileField(label=str(shot.label), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for shot in SHOTS[self.kind]:
            if not cleaned.get(shot.name) and shot.name not in self.kept:
                self.add_error(str(shot.name), self._missing(shot))
        if not self.errors and not self.uploads():
            self.add_error(None, _("Hãy chọn ít nhất một ảnh mới."))
        return cleaned

    def uploads(self) -> dict[str, Any]:
        """Return what was sent, by side."""
        return {
            str(shot.name): self.cleaned_data[shot.name]
            for shot in SHOTS[self.kind]
            if self.cleaned_data.get(shot.name)
        }

    def shots(self) -> list[Shot]:
        """Return what to photograph, for templates/components/capture.html."""
        wrong = {name: words[0] for name, words in self.errors.items()} if self.is_bound else self.bad
        return shots_of(self.kind, kept=self.kept, errors=wrong)

    def explain(self, refusal: DomainError) -> None:
        """Put a refusal of the service where the person can act on it."""
        if isinstance(refusal, ImagesRefused):
            for side, error in refusal.details["errors"].items():
                self.add_error(side if side in self.fields else None, str(error))
        elif isinstance(refusal, ImagesMissing):
            for shot in SHOTS[self.kind]:
                if shot.name in refusal.details["sides"]:
                    self.add_error(str(shot.name), self._missing(shot))
        else:
            self.add_error(None, str(refusal))

    def as_problem(self) -> dict[str, Any]:
        """Return the errors for a page that sends in the background: {"message", "errors": {side: [words]}}."""
        errors = {name: [str(word) for word in words] for name, words in self.errors.items()}
        general = errors.pop("__all__", [])
        message = general[0] if general else _("Có ảnh chưa dùng được. Xem lời nhắn dưới từng ảnh.")
        return {"message": str(message), "errors": errors}

    def _missing(self, shot: Shot) -> Any:
        return _("Thiếu ảnh: %(side)s.") % {"side": shot.label}


class ErasureForm(forms.Form):
    """What nobody can take back is asked for in so many words."""

    sure = forms.BooleanField(
        label=_("Tôi hiểu rằng ảnh và thông tin đã xóa không khôi phục được."),
        error_messages={"required": _("Hãy đánh dấu để xác nhận.")},
    )
