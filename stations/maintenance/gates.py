"""What maintenance has to say before a vehicle is called ready."""

from stations.fleet import gates
from stations.fleet.models import Vehicle
from stations.maintenance.errors import UnsafeVehicle
from stations.maintenance.models import MaintenanceTicket


def refuse_unsafe(vehicle: Vehicle) -> None:
    """Raise UnsafeVehicle while a fault that makes the vehicle unsafe waits to be put right."""
    ticket = MaintenanceTicket.objects.unsafe().filter(vehicle=vehicle).first()
    if ticket is not None:
        raise UnsafeVehicle(ticket=ticket.code)


def connect() -> None:
    """Ask maintenance at the ready gate; called once when the app is ready."""
    gates.register(refuse_unsafe)
