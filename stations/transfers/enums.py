"""Choices and the state machine of transfers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, Machine


class TransferState(models.TextChoices):
    DRAFT = "draft", _("đề nghị")
    APPROVED = "approved", _("đã duyệt")
    PICKED_UP = "picked_up", _("đang trên đường")
    DELIVERED = "delivered", _("đã đến")
    CANCELLED = "cancelled", _("đã hủy")


class TransferEnd(models.TextChoices):
    ORIGIN = "origin", _("lúc đi")
    DESTINATION = "destination", _("lúc đến")


OPEN_TRANSFER_STATES = (TransferState.DRAFT, TransferState.APPROVED, TransferState.PICKED_UP)

IN_CHARGE = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})

TRANSFER = Machine(
    name="vehicle_transfer",
    initial=TransferState.DRAFT,
    table={
        (TransferState.DRAFT, TransferState.APPROVED): IN_CHARGE,
        (TransferState.DRAFT, TransferState.CANCELLED): COUNTER,
        (TransferState.APPROVED, TransferState.PICKED_UP): COUNTER,
        (TransferState.APPROVED, TransferState.CANCELLED): IN_CHARGE,
        (TransferState.PICKED_UP, TransferState.DELIVERED): COUNTER,
        # It turned round: the vehicle is back where it came from.
        (TransferState.PICKED_UP, TransferState.CANCELLED): IN_CHARGE,
    },
)
