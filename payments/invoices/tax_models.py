"""Tax rules as dated rows: what VAT is due on what, from when to when, by which law."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments.invoices.enums import Activity, RuleStatus


class TaxRule(models.Model):
    """The VAT on one activity over a stretch of dates, with the law that says so. Chosen by the tax point.

    No two rules of one activity are valid on the same day (exclusion constraint, migration 0012).
    """

    activity = models.CharField(_("hoạt động"), max_length=20, choices=Activity)
    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)
    # Null: not subject to VAT, which is something else than 0 %.
    vat_bp = models.PositiveIntegerField(
        _("thuế suất (phần vạn)"), null=True, blank=True, help_text=_("Để trống: không chịu thuế GTGT.")
    )
    source = models.CharField(_("căn cứ"), max_length=300)
    status = models.CharField(
        _("tình trạng"), max_length=12, choices=RuleStatus, default=RuleStatus.UNCONFIRMED
    )

    class Meta:
        verbose_name = _("quy tắc thuế GTGT")
        verbose_name_plural = _("các quy tắc thuế GTGT")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="tax_rule_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(vat_bp=None) | Q(vat_bp__lt=10_000),
                name="tax_rule_rate_sane",
                violation_error_message=_("Thuế suất phải dưới 100 phần trăm."),
            ),
        ]

    def __str__(self) -> str:
        rate = _("không chịu thuế") if self.vat_bp is None else f"{self.vat_bp / 100:g} %"
        return f"{self.get_activity_display()}: {rate} ({self.valid_from:%d/%m/%Y})"
