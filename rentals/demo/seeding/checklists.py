"""A draft of a checklist for one model, so that operators see how a list is written and compared."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.access.actors import operator_actor
from accounts.users.models import User
from rentals.demo.people import PERSONAS
from stations.checklists.enums import Component
from stations.checklists.models import ChecklistItem, ChecklistTemplate
from stations.checklists.services import start_draft
from stations.fleet.models import VehicleModel
from stations.kinds import VehicleKind


def draft_checklist(models: Sequence[VehicleModel]) -> ChecklistTemplate | None:
    """Begin a list for one model of cars with a point that may be left out; nobody is checked by it yet."""
    source = ChecklistTemplate.objects.filter(code="pickup-car", version=1).first()
    model = next((each for each in models if each.kind == VehicleKind.CAR), None)
    if source is None or model is None:
        return None
    by = operator_actor(User.objects.get(email=PERSONAS["operator"].email))
    draft = start_draft(source=source, vehicle_model=model, note="Thêm tấm che nắng của mẫu này", by=by)
    ChecklistItem.objects.create(
        template=draft,
        position=35,
        component=Component.INSIDE,
        code="sunshade",
        words_vi="Có tấm che nắng",
        words_en="Sunshade present",
        hint_vi="Gấp gọn trong cốp.",
        hint_en="Folded in the boot.",
        is_mandatory=False,
    )
    return draft
