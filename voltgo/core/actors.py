"""Who does something: a person in one of their roles, or the system itself."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class ActorKind(models.TextChoices):
    RENTER = "renter", _("người thuê")
    OWNER = "owner", _("chủ xe")
    STAFF = "staff", _("nhân viên trạm")
    SUPERVISOR = "supervisor", _("trưởng trạm")
    OPERATOR = "operator", _("vận hành")
    PROVIDER = "provider", _("nhà cung cấp")
    SYSTEM = "system", _("hệ thống")


@dataclass(frozen=True, slots=True)
class Actor:
    """One doer. `ref` is the user's public id (empty for machines); `label` is what people read."""

    kind: ActorKind
    ref: str = ""
    label: str = ""


SYSTEM = Actor(ActorKind.SYSTEM, "", "VoltGo")
