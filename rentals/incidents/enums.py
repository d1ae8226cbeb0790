"""Choices and the state machine of incidents."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import BACK_OFFICE, COUNTER, Machine


class IncidentKind(models.TextChoices):
    OVERDUE = "overdue", _("trả xe trễ")
    MISSING = "missing", _("xe mất liên lạc")
    BREAKDOWN = "breakdown", _("xe hỏng")
    ACCIDENT = "accident", _("va chạm")
    OTHER = "other", _("khác")


class IncidentState(models.TextChoices):
    REPORTED = "reported", _("mới báo")
    TRIAGED = "triaged", _("đã phân loại")
    IN_PROGRESS = "in_progress", _("đang xử lý")
    RESOLVED = "resolved", _("đã xử lý")
    CLOSED = "closed", _("đã đóng")


OPEN_INCIDENT_STATES = (IncidentState.REPORTED, IncidentState.TRIAGED, IncidentState.IN_PROGRESS)

_HANDLERS = COUNTER | BACK_OFFICE

INCIDENT = Machine(
    name="incident",
    initial=IncidentState.REPORTED,
    table={
        (IncidentState.REPORTED, IncidentState.TRIAGED): _HANDLERS,
        (IncidentState.REPORTED, IncidentState.IN_PROGRESS): _HANDLERS,
        (IncidentState.TRIAGED, IncidentState.IN_PROGRESS): _HANDLERS,
        (IncidentState.REPORTED, IncidentState.RESOLVED): _HANDLERS,
        (IncidentState.TRIAGED, IncidentState.RESOLVED): _HANDLERS,
        (IncidentState.IN_PROGRESS, IncidentState.RESOLVED): _HANDLERS,
        (IncidentState.RESOLVED, IncidentState.IN_PROGRESS): _HANDLERS,
        (IncidentState.RESOLVED, IncidentState.CLOSED): BACK_OFFICE,
    },
)


class Ending(models.TextChoices):
    """What becomes of a booking whose vehicle cannot be given."""

    MOVED = "moved", _("đổi sang xe cùng mẫu")
    UPGRADED = "upgraded", _("nâng hạng")
    WITHDRAWN = "withdrawn", _("hủy và hoàn tiền")
    UNDECIDED = "undecided", _("chờ vận hành quyết định")
    AT_COUNTER = "at_counter", _("đang giao tại quầy")
