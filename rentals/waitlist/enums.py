"""Choices and the state machine of the waitlist."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, MACHINES, Machine


class WaitState(models.TextChoices):
    WAITING = "waiting", _("đang chờ")
    OFFERED = "offered", _("đang có xe cho bạn")
    TAKEN = "taken", _("đã nhận xe")
    LAPSED = "lapsed", _("đã lỡ")
    WITHDRAWN = "withdrawn", _("đã rút")


OPEN_WAIT_STATES = (WaitState.WAITING, WaitState.OFFERED)

WAIT = Machine(
    name="waitlist_entry",
    initial=WaitState.WAITING,
    table={
        (WaitState.WAITING, WaitState.OFFERED): MACHINES,
        (WaitState.OFFERED, WaitState.TAKEN): MACHINES,
        (WaitState.OFFERED, WaitState.LAPSED): MACHINES,
        # Late money took the vehicle all the same.
        (WaitState.LAPSED, WaitState.TAKEN): MACHINES,
        (WaitState.WAITING, WaitState.LAPSED): MACHINES,
        (WaitState.WAITING, WaitState.WITHDRAWN): COUNTER | MACHINES | {ActorKind.RENTER},
        (WaitState.OFFERED, WaitState.WITHDRAWN): COUNTER | MACHINES | {ActorKind.RENTER},
    },
)
