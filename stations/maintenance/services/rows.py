"""Writing a ticket that is locked, on the row in memory too."""

from typing import Any

from stations.maintenance.models import MaintenanceTicket


def write(ticket: MaintenanceTicket, **changes: Any) -> MaintenanceTicket:
    MaintenanceTicket.objects.filter(pk=ticket.pk).update(**changes)
    return known(ticket, **changes)


def known(ticket: MaintenanceTicket, **values: Any) -> MaintenanceTicket:
    """Put what stands in the database onto the row in memory."""
    for name, value in values.items():
        setattr(ticket, name, value)
    return ticket
