"""The forms of wordings: an article in both languages, a new draft, the day of publishing."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from rentals.contracts.enums import TemplateBlock
from rentals.contracts.models import ContractArticle, ContractTemplate
from rentals.contracts.texts.checks import faults_of
from rentals.contracts.texts.words import tidy, words_from
from voltgo.core import clock
from voltgo.core.backoffice.steps import StepForm

WORDS = ("heading_vi", "heading_en", "text_vi", "text_en")
# New articles stand here until the service has put them into their place.
BEHIND = 20_000


class ArticleForm(forms.ModelForm[ContractArticle]):
    place = forms.IntegerField(
        label=_("Thứ tự"), min_value=1, max_value=200, widget=UnfoldAdminIntegerFieldWidget
    )
    block = forms.ChoiceField(
        label=_("Bảng đi kèm, in phía trên lời văn"),
        choices=TemplateBlock.choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = ContractArticle
        fields = ("heading_vi", "heading_en", "text_vi", "text_en", "block")
        widgets: ClassVar = {
            "heading_vi": UnfoldAdminTextInputWidget,
            "heading_en": UnfoldAdminTextInputWidget(attrs={"lang": "en"}),
            "text_vi": UnfoldAdminTextareaWidget(attrs={"rows": 12}),
            "text_en": UnfoldAdminTextareaWidget(attrs={"rows": 12, "lang": "en"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["place"].initial = self.instance.position

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in WORDS:
            if name in values:
                words = values[name] or ""
                values[name] = tidy(words) if name.startswith("text") else " ".join(words.split())
        for fault in faults_of(words_from(values)):
            if fault.field in self.fields and fault.field not in self.errors:
                self.add_error(fault.field, fault.message)
        return values


class ArticleFormSet(BaseInlineFormSet[ContractArticle, ContractTemplate, ArticleForm]):
    def clean(self) -> None:
        super().clean()
        for index, form in enumerate(self.extra_forms):
            form.instance.position = BEHIND + index

    def order(self) -> list[int]:
        """Return the ids of the saved articles as the places that were typed say; equals keep their order."""
        rows = [
            (form.cleaned_data.get("place") or BEHIND, index, form.instance.pk)
            for index, form in enumerate(self.forms)
            if form.instance.pk and not form.cleaned_data.get("DELETE")
        ]
        return [pk for _place, _index, pk in sorted(rows)]


class DraftForm(StepForm):
    code = forms.SlugField(
        label=_("Mã của bản mới"),
        max_length=20,
        help_text=_("In ở trang bằng chứng, ví dụ 2027-01."),
        widget=UnfoldAdminTextInputWidget,
    )
    note = forms.CharField(
        label=_("Vì sao cần bản mới?"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )


class PublishForm(StepForm):
    valid_from = forms.DateField(
        label=_("Áp dụng từ"),
        help_text=_("Hợp đồng lập từ ngày này dùng lời văn mới; hợp đồng đã lập giữ nguyên."),
        widget=UnfoldAdminSingleDateWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"valid_from": clock.today() + timedelta(days=1)}
