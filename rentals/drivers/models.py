"""The table of additional drivers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.drivers.enums import DriverState


class AdditionalDriver(models.Model):
    """One other person who may drive the vehicle of one booking, once they have agreed and may drive it."""

    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, related_name="drivers", verbose_name=_("lượt đặt xe")
    )
    code = models.CharField(_("mã"), max_length=16, unique=True)
    # As the renter typed it; the account is known once the person has followed the invitation.
    email = models.EmailField(_("email"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người lái"),
    )
    state = models.CharField(_("trạng thái"), max_length=10, choices=DriverState, default=DriverState.INVITED)
    invited_at = models.DateTimeField(_("mời lúc"))
    answered_at = models.DateTimeField(_("trả lời lúc"), null=True, blank=True)
    # Eligibility.as_json() when they accepted, and again at the counter.
    eligibility = models.JSONField(_("điều kiện lái xe"), default=dict, blank=True)
    pickup_eligibility = models.JSONField(_("điều kiện khi nhận xe"), default=dict, blank=True)

    class Meta:
        verbose_name = _("người lái thêm")
        verbose_name_plural = _("người lái thêm")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["booking", "email"],
                condition=Q(state__in=["invited", "accepted"]),
                name="additional_driver_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(user__isnull=False),
                name="additional_driver_accepted_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking} – {self.email}"
