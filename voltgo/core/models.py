"""The kernel's tables: state events, audit events and the outbox. None refers to another app."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.audit.models import AuditEvent
from voltgo.core.outbox_models import OutboxMessage

__all__ = ["AuditEvent", "OutboxMessage", "StateEvent"]


class StateEvent(models.Model):
    """One step of one state machine. Append-only: a trigger refuses UPDATE and DELETE."""

    machine = models.CharField(_("máy trạng thái"), max_length=40)
    subject = models.CharField(_("đối tượng"), max_length=64)
    source = models.CharField(_("từ"), max_length=32, blank=True)
    target = models.CharField(_("đến"), max_length=32)
    actor_kind = models.CharField(_("vai trò"), max_length=16, choices=ActorKind)
    actor_ref = models.CharField(_("mã người thực hiện"), max_length=64, blank=True)
    actor_label = models.CharField(_("người thực hiện"), max_length=200, blank=True)
    reason = models.CharField(_("lý do"), max_length=300, blank=True)
    at = models.DateTimeField(_("lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("bước trạng thái")
        verbose_name_plural = _("các bước trạng thái")
        # The history of one row, oldest first.
        indexes: ClassVar = [models.Index(fields=["machine", "subject", "id"], name="state_event_subject")]

    def __str__(self) -> str:
        return f"{self.machine} {self.subject}: {self.source or '–'} → {self.target}"
