"""The table of one-time codes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.confirmations.enums import CodePurpose


class OneTimeCode(models.Model):
    """One code that was sent to one person for one act; only its keyed hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("người dùng")
    )
    purpose = models.CharField(_("mục đích"), max_length=16, choices=CodePurpose)
    # What it confirms: 'contract:HD-7K2M4Q-1:<first digits of the document's hash>'.
    reference = models.CharField(_("cho việc"), max_length=120)
    code_hash = models.CharField(_("băm của mã"), max_length=64, editable=False)
    channel = models.CharField(_("kênh"), max_length=8)
    # As the evidence shows it: "•••• 001", "a•••@example.vn".
    sent_to = models.CharField(_("gửi đến"), max_length=80)
    sent_at = models.DateTimeField(_("gửi lúc"))
    expires_at = models.DateTimeField(_("hết hạn lúc"))
    attempts = models.PositiveSmallIntegerField(_("số lần thử"), default=0)
    used_at = models.DateTimeField(_("dùng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("mã dùng một lần")
        verbose_name_plural = _("mã dùng một lần")
        indexes: ClassVar = [
            # "The code that is waiting for this act."
            models.Index(fields=["user", "reference"], name="one_time_code_open", condition=Q(used_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.reference} – {self.sent_to}"
