"""Choices and the state machine of additional drivers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, MACHINES, Machine


class DriverState(models.TextChoices):
    INVITED = "invited", _("đã mời")
    ACCEPTED = "accepted", _("đã nhận lời")
    DECLINED = "declined", _("từ chối")
    REMOVED = "removed", _("đã bỏ")


RENTER = frozenset({ActorKind.RENTER})

DRIVER = Machine(
    name="additional_driver",
    initial=DriverState.INVITED,
    table={
        # The invited person's own decision.
        (DriverState.INVITED, DriverState.ACCEPTED): RENTER,
        (DriverState.INVITED, DriverState.DECLINED): RENTER,
        (DriverState.ACCEPTED, DriverState.DECLINED): RENTER,
        # The renter's, or the counter's.
        (DriverState.INVITED, DriverState.REMOVED): RENTER | COUNTER | MACHINES,
        (DriverState.ACCEPTED, DriverState.REMOVED): RENTER | COUNTER | MACHINES,
    },
)
