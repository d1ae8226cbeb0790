"""Writing audit events."""

from typing import Any

from voltgo.core.actors import Actor
from voltgo.core.audit.models import AuditEvent
from voltgo.core.logs import current_request_id


def record(action: str, subject: str, *, by: Actor, reason: str = "", **changes: Any) -> AuditEvent:
    """Write one event in the caller's transaction. `changes` holds plain JSON values, no identity data."""
    return AuditEvent.objects.create(
        action=action,
        subject=subject,
        actor_kind=by.kind,
        actor_ref=by.ref,
        actor_label=by.label,
        reason=reason,
        changes=changes,
        request_id=current_request_id(),
    )
