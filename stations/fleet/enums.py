"""Choices and state machines of vehicles."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stations.kinds import VehicleKind as VehicleKind
from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, COUNTER, MACHINES, Machine


class LegalCategory(models.TextChoices):
    """What the law asks of the driver (Law 36/2024/QH15 art. 34, 57)."""

    MOPED = "moped", _("xe gắn máy (không cần giấy phép)")
    MOTORBIKE = "motorbike", _("mô tô")
    CAR = "car", _("ô tô")


class Lifecycle(models.TextChoices):
    DRAFT = "draft", _("nháp")
    IN_SERVICE = "in_service", _("đang khai thác")
    SUSPENDED = "suspended", _("tạm ngừng")
    RETIRED = "retired", _("đã thanh lý")


class Condition(models.TextChoices):
    READY = "ready", _("sẵn sàng")
    ON_RENTAL = "on_rental", _("đang cho thuê")
    PREPARATION = "preparation", _("đang chuẩn bị")
    MAINTENANCE = "maintenance", _("bảo dưỡng")
    IN_TRANSFER = "in_transfer", _("đang điều chuyển")
    MISSING = "missing", _("thất lạc")


LIFECYCLE = Machine(
    name="vehicle_lifecycle",
    field="lifecycle",
    initial=Lifecycle.DRAFT,
    table={
        (Lifecycle.DRAFT, Lifecycle.IN_SERVICE): BACK_OFFICE,
        (Lifecycle.IN_SERVICE, Lifecycle.SUSPENDED): BACK_OFFICE,
        (Lifecycle.SUSPENDED, Lifecycle.IN_SERVICE): BACK_OFFICE,
        (Lifecycle.DRAFT, Lifecycle.RETIRED): BACK_OFFICE,
        (Lifecycle.IN_SERVICE, Lifecycle.RETIRED): BACK_OFFICE,
        (Lifecycle.SUSPENDED, Lifecycle.RETIRED): BACK_OFFICE,
    },
)

CONDITION = Machine(
    name="vehicle_condition",
    field="condition",
    initial=Condition.PREPARATION,
    table={
        (Condition.READY, Condition.ON_RENTAL): COUNTER,
        # A return always goes to preparation, never straight to ready.
        (Condition.ON_RENTAL, Condition.PREPARATION): COUNTER,
        (Condition.PREPARATION, Condition.READY): COUNTER,
        (Condition.READY, Condition.PREPARATION): COUNTER,
        (Condition.READY, Condition.MAINTENANCE): COUNTER | MACHINES,
        (Condition.PREPARATION, Condition.MAINTENANCE): COUNTER | MACHINES,
        (Condition.MAINTENANCE, Condition.PREPARATION): COUNTER,
        (Condition.READY, Condition.IN_TRANSFER): COUNTER,
        (Condition.PREPARATION, Condition.IN_TRANSFER): COUNTER,
        (Condition.IN_TRANSFER, Condition.PREPARATION): COUNTER,
        (Condition.ON_RENTAL, Condition.MISSING): frozenset({ActorKind.OPERATOR, ActorKind.SYSTEM}),
        (Condition.IN_TRANSFER, Condition.MISSING): frozenset({ActorKind.OPERATOR, ActorKind.SYSTEM}),
        (Condition.MISSING, Condition.PREPARATION): COUNTER,
    },
)
