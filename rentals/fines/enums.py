"""The states of a fine."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import MACHINES, Machine


class FineState(models.TextChoices):
    RECEIVED = "received", _("chưa rõ chuyến nào")
    MATCHED = "matched", _("đã rõ chuyến")
    NOTIFIED = "notified", _("đã báo người thuê")
    ACCEPTED = "accepted", _("người thuê chịu, chờ tiền")
    CONTESTED = "contested", _("người thuê khiếu nại")
    PAID = "paid", _("đã thu đủ, chờ nộp phạt")
    TRANSFERRED = "transferred", _("đã báo người lái cho cơ quan xử phạt")
    CLOSED = "closed", _("xong")


class Ending(models.TextChoices):
    """How a closed fine ended."""

    PAID_TO_STATE = "paid_to_state", _("đã nộp phạt")
    DISMISSED = "dismissed", _("chấp nhận khiếu nại")
    OURS = "ours", _("VoltGo chịu")
    DRIVER_NAMED = "driver_named", _("người lái tự nộp")


# Something may still be taken for it, so what is kept back of the deposit stays.
UNDECIDED_STATES = frozenset({FineState.MATCHED, FineState.NOTIFIED, FineState.CONTESTED})

_OFFICE = frozenset({ActorKind.OPERATOR})
_RENTER = frozenset({ActorKind.RENTER})

FINE = Machine(
    "traffic_fine",
    FineState.RECEIVED,
    {
        (FineState.RECEIVED, FineState.MATCHED): MACHINES | _OFFICE,
        (FineState.MATCHED, FineState.RECEIVED): _OFFICE,
        (FineState.NOTIFIED, FineState.RECEIVED): _OFFICE,
        (FineState.MATCHED, FineState.NOTIFIED): MACHINES | _OFFICE,
        # Silence is consent after the time that the contract names.
        (FineState.NOTIFIED, FineState.ACCEPTED): MACHINES | _OFFICE | _RENTER,
        (FineState.NOTIFIED, FineState.CONTESTED): _RENTER,
        (FineState.CONTESTED, FineState.ACCEPTED): _OFFICE,
        (FineState.CONTESTED, FineState.CLOSED): _OFFICE,
        (FineState.ACCEPTED, FineState.PAID): MACHINES | _OFFICE | _RENTER,
        (FineState.MATCHED, FineState.TRANSFERRED): _OFFICE,
        (FineState.NOTIFIED, FineState.TRANSFERRED): _OFFICE,
        (FineState.CONTESTED, FineState.TRANSFERRED): _OFFICE,
        (FineState.TRANSFERRED, FineState.CLOSED): _OFFICE,
        (FineState.PAID, FineState.CLOSED): _OFFICE,
        # Nobody had rented the vehicle then.
        (FineState.RECEIVED, FineState.CLOSED): _OFFICE,
    },
)
