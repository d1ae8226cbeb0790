"""The forms of checklists: a photo position with its outline, a new draft, the day of publishing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from stations.checklists import outlines
from stations.checklists.models import ChecklistTemplate, PhotoPosition
from voltgo.core import clock
from voltgo.core.backoffice.steps import StepForm


class PhotoPositionForm(forms.ModelForm[PhotoPosition]):
    outline = forms.ChoiceField(
        label=_("Hình khung"),
        choices=lambda: [("", _("không có")), *outlines.choices()],
        required=False,
        widget=UnfoldAdminSelectWidget(attrs={"aria-label": _("Hình khung")}),
    )

    class Meta:
        model = PhotoPosition
        fields = ("position", "code", "words_vi", "words_en", "outline", "is_required")


class DraftForm(StepForm):
    vehicle_model: Any = forms.ModelChoiceField(
        label=_("Riêng cho mẫu xe"),
        queryset=None,
        required=False,
        empty_label=_("như bản này"),
        help_text=_("Danh mục riêng của một mẫu xe thay cho danh mục chung của loại xe."),
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=_("Vì sao cần bản mới?"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: ChecklistTemplate = self.rows[0]
        chosen = self.fields["vehicle_model"]
        assert isinstance(chosen, forms.ModelChoiceField)
        models: Any = ChecklistTemplate._meta.get_field("vehicle_model").related_model
        chosen.queryset = models.objects.filter(kind=source.vehicle_kind)


class PublishForm(StepForm):
    valid_from = forms.DateField(
        label=_("Áp dụng từ"),
        help_text=_("Lượt kiểm tra bắt đầu từ ngày này dùng bản mới; lượt đang làm dở giữ bản của nó."),
        widget=UnfoldAdminSingleDateWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"valid_from": clock.today()}
