"""Choices and the state machine of checklists."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import BACK_OFFICE, Machine


class Purpose(models.TextChoices):
    PICKUP = "pickup", _("giao xe")
    RETURN = "return", _("nhận lại xe")
    PREPARATION = "preparation", _("chuẩn bị xe")


# On these occasions renter and staff look together, and the vehicle is photographed.
JOINT = (Purpose.PICKUP, Purpose.RETURN)


class Component(models.TextChoices):
    """The part of a vehicle, or of the talk at the counter, that a point belongs to."""

    OUTSIDE = "outside", _("Bên ngoài")
    INSIDE = "inside", _("Bên trong")
    SAFETY = "safety", _("An toàn")
    CHARGING = "charging", _("Pin và sạc")
    DOCUMENTS = "documents", _("Giấy tờ và chìa khóa")
    RENTER = "renter", _("Với khách")


class ChecklistState(models.TextChoices):
    DRAFT = "draft", _("bản nháp")
    PUBLISHED = "published", _("đã ban hành")
    RETIRED = "retired", _("ngừng dùng")


CHECKLIST = Machine(
    name="checklist",
    initial=ChecklistState.DRAFT,
    table={
        (ChecklistState.DRAFT, ChecklistState.PUBLISHED): BACK_OFFICE,
        (ChecklistState.PUBLISHED, ChecklistState.RETIRED): BACK_OFFICE,
    },
)
