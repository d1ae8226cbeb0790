"""Choices and the state machine of changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, COUNTER, MACHINES, Machine


class ChangeKind(models.TextChoices):
    CHANGE = "change", _("đổi lượt đặt")
    EXTENSION = "extension", _("gia hạn")


class ChangeState(models.TextChoices):
    AWAITING_PAYMENT = "awaiting_payment", _("chờ thanh toán")
    APPLIED = "applied", _("đã đổi")
    LAPSED = "lapsed", _("hết hạn")
    WITHDRAWN = "withdrawn", _("đã bỏ")


CHANGE = Machine(
    name="booking_change",
    initial=ChangeState.AWAITING_PAYMENT,
    table={
        # At once when nothing is to be paid, else by the money event.
        (ChangeState.AWAITING_PAYMENT, ChangeState.APPLIED): MACHINES | COUNTER | {ActorKind.RENTER},
        (ChangeState.AWAITING_PAYMENT, ChangeState.LAPSED): BACK_OFFICE | MACHINES,
        (ChangeState.AWAITING_PAYMENT, ChangeState.WITHDRAWN): MACHINES | COUNTER | {ActorKind.RENTER},
        # Late money, when the time can still be claimed.
        (ChangeState.LAPSED, ChangeState.APPLIED): MACHINES,
    },
)
