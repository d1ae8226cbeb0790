"""Taking a vehicle out of service that has gone with somebody although its booking was over, or another's."""

from django.utils.translation import gettext as _

from rentals.incidents.enums import IncidentKind
from rentals.incidents.errors import AlreadyOutOfService
from rentals.incidents.services import look_after, take_out_of_service
from rentals.sync.models import SyncConflict
from rentals.sync.rules import words_of
from rentals.sync.services import claims
from rentals.sync.services.consequences import vehicle_of
from voltgo.core.actors import SYSTEM


def take_out(conflict_id: int) -> None:
    """Open the incident that keeps a vehicle out, and look after everybody who is promised it. Idempotent."""
    conflict = SyncConflict.objects.select_related("command__station").get(pk=conflict_id)
    vehicle = vehicle_of(conflict.command)
    if vehicle is None or conflict.resolved_at is not None:
        return
    reason = _("Lệnh từ máy tính bảng %(subject)s: %(words)s") % {
        "subject": conflict.command.subject,
        "words": words_of(conflict.code),
    }
    try:
        taken = take_out_of_service(vehicle=vehicle, reason=reason, by=SYSTEM, kind=IncidentKind.OTHER)
    except AlreadyOutOfService:
        return
    # The incident blocks the time from here on; what was held back for the command would only be in its way.
    claims.let_go(conflict.command, vehicle)
    look_after(incident=taken.incident, by=SYSTEM)
