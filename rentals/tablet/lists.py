"""The checklists that a tablet needs, by the name under which its commands will name them: `pickup-car:3`."""

from datetime import date
from typing import Any

from stations.checklists.enums import Purpose
from stations.checklists.lists import Checklist
from stations.checklists.selectors import as_list, in_force
from stations.fleet.models import VehicleModel

Json = dict[str, Any]


class Lists:
    """The lists in force on a day, read once; those that were asked for go into the snapshot."""

    def __init__(self, on: date) -> None:
        self._rows = in_force(on)
        self.used: dict[str, Json] = {}

    def names(self, model: VehicleModel) -> Json:
        """Return which list applies to a model on each occasion: {"pickup": "pickup-car:1", …}."""
        return {str(purpose): self._name(purpose, model) for purpose in Purpose}

    def _name(self, purpose: str, model: VehicleModel) -> str:
        found = self._of(purpose, model)
        name = f"{found.code}:{found.version}"
        self.used.setdefault(name, found.as_json())
        return name

    def _of(self, purpose: str, model: VehicleModel) -> Checklist:
        rows = [row for row in self._rows if row.purpose == purpose and row.vehicle_kind == model.kind]
        own = next((row for row in rows if row.vehicle_model_id == model.pk), None)
        template = own or next((row for row in rows if row.vehicle_model_id is None), None)
        return as_list(template, purpose=purpose, kind=model.kind)
