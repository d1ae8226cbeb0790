"""What about money waits for a person: the oldest first, closed with what was done."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.cases.services import resolve_case
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, dong, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step
from voltgo.core.money import format_dong

CASE_COLOURS = {CaseState.OPEN: "warning", CaseState.RESOLVED: "success"}


def _facts(case: MoneyCase) -> Facts:
    return (
        (_("Tham chiếu"), case.reference or "–"),
        (_("Số tiền"), format_dong(case.amount)),
    )


@admin.register(MoneyCase)
class MoneyCaseAdmin(RecordAdmin):
    list_display = ("opened_at", "age", "kind", "about", "total", "times", "status")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        StretchFilter.over("opened_at", "opened_at"),
    )
    search_fields = ("reference", "key")
    # What waits longest stands first.
    ordering = ("state", "opened_at")
    fields = (
        "kind", "key", "reference", "total", "details", "times", "state", "opened_at", "resolved_at", "resolution",
    )  # fmt: skip
    show_full_result_count = False
    about = named()
    status = tag("state", _("trạng thái"), CASE_COLOURS)
    total = dong("amount", _("số tiền"))
    steps = (
        Step(
            name="resolve",
            label=_("Đã xử lý"),
            hint=_("Ghi lại đã làm gì. Việc đóng rồi không mở lại."),
            form_class=ReasonForm,
            do=lambda case, by, data: resolve_case(case=case, resolution=data["reason"], by=by),
            applies=lambda case: case.state == CaseState.OPEN,
            facts=_facts,
            icon="task_alt",
        ),
    )

    @column(_("số ngày"), order="opened_at")
    def age(self, case: MoneyCase) -> int:
        return ((case.resolved_at or clock.now()) - case.opened_at).days

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"case:{row.pk}",)
