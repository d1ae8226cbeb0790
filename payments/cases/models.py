"""The money case."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.cases.enums import CaseKind, CaseState
from voltgo.core.money import DongField


class MoneyCase(models.Model):
    """Something about money that a person must look at; its repetitions are counted, not repeated."""

    kind = models.CharField(_("loại"), max_length=16, choices=CaseKind)
    # Names the fact: the same fact opens one case, however often it is noticed.
    key = models.CharField(_("khóa"), max_length=160, unique=True)
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    amount = DongField(_("số tiền"))
    details = models.JSONField(_("chi tiết"), default=dict)
    times = models.PositiveIntegerField(_("số lần"), default=1)
    state = models.CharField(_("trạng thái"), max_length=10, choices=CaseState, default=CaseState.OPEN)
    opened_at = models.DateTimeField(_("mở lúc"), db_default=Now())
    resolved_at = models.DateTimeField(_("xử lý lúc"), null=True, blank=True)
    resolution = models.CharField(_("cách xử lý"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("việc cần xem về tiền")
        verbose_name_plural = _("các việc cần xem về tiền")
        indexes: ClassVar = [
            models.Index(fields=["state", "opened_at"], name="money_case_open"),
            models.Index(fields=["reference"], name="money_case_reference"),
        ]

    def __str__(self) -> str:
        return self.key
