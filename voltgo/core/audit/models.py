"""The audit table."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind


class AuditEvent(models.Model):
    """One change or one look at protected data. Append-only: a trigger refuses UPDATE and DELETE."""

    at = models.DateTimeField(_("lúc"), auto_now_add=True)
    action = models.CharField(_("hành động"), max_length=80)
    subject = models.CharField(_("đối tượng"), max_length=120)
    actor_kind = models.CharField(_("vai trò"), max_length=16, choices=ActorKind)
    actor_ref = models.CharField(_("mã người thực hiện"), max_length=64, blank=True)
    actor_label = models.CharField(_("người thực hiện"), max_length=200, blank=True)
    reason = models.CharField(_("lý do"), max_length=300, blank=True)
    changes = models.JSONField(_("thay đổi"), default=dict, blank=True)
    request_id = models.CharField(_("mã yêu cầu"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("sự kiện kiểm toán")
        verbose_name_plural = _("nhật ký kiểm toán")
        indexes: ClassVar = [
            # "What happened to this thing?"
            models.Index(fields=["subject", "-at"], name="audit_subject"),
            # "What did this person do?"
            models.Index(fields=["actor_ref", "-at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
