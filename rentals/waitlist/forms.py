"""What a renter waits for: a model at a station, from when to when."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rentals.bookings.forms import Data, PeriodForm
from stations.fleet.models import VehicleModel
from stations.network.models import Station


class JoinForm(PeriodForm):
    """Station, model and period; a link may have brought all of them."""

    station = forms.ChoiceField(
        label=gettext_lazy("Trạm"),
        error_messages={
            "required": gettext_lazy("Chọn một trạm."),
            "invalid_choice": gettext_lazy("Chọn một trạm."),
        },
    )
    model = forms.ChoiceField(
        label=gettext_lazy("Mẫu xe muốn thuê"),
        error_messages={
            "required": gettext_lazy("Chọn một mẫu xe."),
            "invalid_choice": gettext_lazy("Chọn một mẫu xe."),
        },
    )

    def __init__(
        self, data: Data, *, stations: Iterable[Station], models: Iterable[VehicleModel], **kwargs: Any
    ) -> None:
        """Bind the form; only these stations and models can be chosen."""
        super().__init__(data, **kwargs)
        self.stations = {station.slug: station for station in stations}
        self.models = {model.slug: model for model in models}
        self._offer("station", [(slug, each.name) for slug, each in self.stations.items()])
        self._offer("model", [(slug, str(each)) for slug, each in self.models.items()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        choice_field = self.fields[name]
        if isinstance(choice_field, forms.ChoiceField):
            choice_field.choices = [("", _("Chọn…")), *choices]

    def forgive_blanks(self) -> None:
        """Say nothing yet about what a link has left open: nobody has had the chance to choose."""
        for name in ("station", "model"):
            if not self.data.get(name):
                self.errors.pop(name, None)

    @property
    def chosen_station(self) -> Station | None:
        return self.stations.get(str(self.data.get("station", "")))

    @property
    def chosen_model(self) -> VehicleModel | None:
        return self.models.get(str(self.data.get("model", "")))
