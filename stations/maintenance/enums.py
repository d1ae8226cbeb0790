"""Choices and the state machine of maintenance tickets."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, Machine


class Severity(models.TextChoices):
    """How bad a fault is: whether the vehicle may still be given to anybody."""

    SAFETY = "safety", _("mất an toàn")
    MAJOR = "major", _("nặng")
    MINOR = "minor", _("nhẹ")


class Category(models.TextChoices):
    """Which part of a vehicle a fault is about, in the words of those who repair it."""

    BRAKES = "brakes", _("phanh")
    TYRES = "tyres", _("lốp, bánh xe")
    LIGHTS = "lights", _("đèn, còi")
    BATTERY = "battery", _("pin, cổng sạc")
    DRIVE = "drive", _("động cơ, truyền động")
    STEERING = "steering", _("lái, giảm xóc")
    BODY = "body", _("thân vỏ, kính, gương")
    INTERIOR = "interior", _("nội thất, yên, cốp")
    LOCKS = "locks", _("khóa, chìa, điện tử")
    SERVICE = "service", _("bảo dưỡng định kỳ")
    OTHER = "other", _("khác")


class TicketState(models.TextChoices):
    OPEN = "open", _("mới báo")
    ASSIGNED = "assigned", _("đã giao việc")
    IN_PROGRESS = "in_progress", _("đang làm")
    RESOLVED = "resolved", _("đã sửa xong")
    CLOSED = "closed", _("đã đóng")


class PhotoStage(models.TextChoices):
    REPORT = "report", _("lúc báo")
    WORK = "work", _("lúc sửa")


# Somebody still has to do something about it.
OPEN_TICKET_STATES = (TicketState.OPEN, TicketState.ASSIGNED, TicketState.IN_PROGRESS)

# Most urgent first, as lists show them.
URGENCY = (Severity.SAFETY, Severity.MAJOR, Severity.MINOR)

# Within which time somebody should have seen to it, unless the report says otherwise.
DUE_WITHIN = {
    Severity.SAFETY: timedelta(hours=4),
    Severity.MAJOR: timedelta(hours=24),
    Severity.MINOR: timedelta(days=7),
}

IN_CHARGE = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})

TICKET = Machine(
    name="maintenance_ticket",
    initial=TicketState.OPEN,
    table={
        (TicketState.OPEN, TicketState.ASSIGNED): COUNTER,
        # To another team, or from a team to one of its members.
        (TicketState.ASSIGNED, TicketState.ASSIGNED): COUNTER,
        (TicketState.ASSIGNED, TicketState.IN_PROGRESS): COUNTER,
        (TicketState.IN_PROGRESS, TicketState.RESOLVED): COUNTER,
        # It could not be done: somebody has to decide anew.
        (TicketState.ASSIGNED, TicketState.OPEN): COUNTER,
        (TicketState.IN_PROGRESS, TicketState.OPEN): COUNTER,
        # It was not put right after all.
        (TicketState.RESOLVED, TicketState.OPEN): IN_CHARGE,
        (TicketState.RESOLVED, TicketState.CLOSED): IN_CHARGE,
        # Reported by mistake, or twice.
        (TicketState.OPEN, TicketState.CLOSED): IN_CHARGE,
    },
)
