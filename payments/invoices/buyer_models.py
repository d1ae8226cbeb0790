"""Who stands on an invoice as the buyer."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.invoices.enums import BuyerKind


class BuyerDetails(models.Model):
    """What one person wants on their invoices: for one reference, or (without one) for all to come.

    Numbers of persons are encrypted; a company's tax code is public and is not.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="buyer_details", verbose_name=_("người thuê")
    )
    # Empty: the default of this person.
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    kind = models.CharField(_("người mua là"), max_length=12, choices=BuyerKind)
    name = models.CharField(_("tên trên hóa đơn"), max_length=200)
    tax_code = models.CharField(_("mã số thuế"), max_length=14, blank=True)
    person_number_encrypted = models.TextField(_("số định danh hoặc hộ chiếu (mã hóa)"), blank=True)
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    email = models.EmailField(_("email nhận hóa đơn"), blank=True)
    updated_at = models.DateTimeField(_("sửa lúc"), auto_now=True)

    class Meta:
        verbose_name = _("thông tin xuất hóa đơn")
        verbose_name_plural = _("các thông tin xuất hóa đơn")
        constraints: ClassVar = [
            models.UniqueConstraint(name="buyer_details_one_per_reference", fields=["user", "reference"]),
            models.CheckConstraint(
                name="buyer_company_has_a_tax_code",
                condition=~Q(kind=BuyerKind.COMPANY) | ~Q(tax_code=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name
