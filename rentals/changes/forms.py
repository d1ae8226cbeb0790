"""Forms of changing and extending: when, where, what; until when."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rentals.bookings import periods
from rentals.bookings.forms import FACE, Data, DayField, PeriodForm
from rentals.bookings.models import Booking
from rentals.bookings.options import OptionsForm, offer_for
from rentals.changes.wanted import Wanted, as_booked
from stations.fleet.enums import Lifecycle
from stations.fleet.models import VehicleModel
from stations.network.hours import half_hours
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.money import format_dong


class ChangeForm(PeriodForm):
    """What a booking is to become; it starts from what it is. The services judge places and vehicles."""

    station = forms.ChoiceField(label=gettext_lazy("Nhận xe tại"))
    model = forms.ChoiceField(label=gettext_lazy("Mẫu xe muốn thuê"))

    def __init__(self, data: Data | None, *, booking: Booking) -> None:
        before = as_booked(booking)
        shown = periods.as_values(booking.period) | {
            "station": before.station.slug,
            "model": before.model.slug,
        }
        super().__init__(shown | {name: data[name] for name in data} if data is not None else shown)
        self.before = before
        city = booking.pickup_station.city_id
        self._stations = {
            row.slug: row for row in Station.objects.active().filter(city=city).select_related("city")
        }
        in_service = VehicleModel.objects.filter(
            vehicles__lifecycle=Lifecycle.IN_SERVICE, vehicles__station__city=city
        )
        self._models = {row.slug: row for row in in_service.distinct()} | {before.model.slug: before.model}
        self._offer("station", [(row.name, slug) for slug, row in self._stations.items()])
        self._offer("model", [(str(row), slug) for slug, row in self._models.items()])

    def _offer(self, name: str, labels: list[tuple[str, str]]) -> None:
        choice = self.fields[name]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [(value, label) for label, value in sorted(labels)]

    def _objections(self, start: Any, end: Any) -> Iterable[tuple[str, str]]:
        """A pickup that stays as it was may be past; only a new one is judged as such."""
        if start != self.before.period.starts_at:
            yield from super()._objections(start, end)
        elif end <= start:
            yield "to_time", _("Hãy chọn giờ sau giờ nhận xe.")

    def wanted(self, options: OptionsForm) -> Wanted:
        """Return what was chosen; another station or model is any vehicle there."""
        values, before = self.cleaned_data, self.before
        station, model = self._stations[values["station"]], self._models[values["model"]]
        is_same = (station, model) == (before.station, before.model)
        chosen = tuple(options.options)
        as_is = {(row["slug"], row["quantity"]) for row in options.offer.quote.options}
        return Wanted(
            period=values["period"],
            station=station,
            return_station=options.destination or station,
            model=model,
            vehicle=before.vehicle if is_same else None,
            options=None if {(row.slug, row.quantity) for row in chosen} == as_is else chosen,
        )


def extras_form(data: Data | None, booking: Booking) -> OptionsForm:
    """Return the form of add-ons and of where the vehicle comes back; the promotion stays as it was."""
    form = OptionsForm(data, offer=offer_for(booking.quote))
    del form.fields["promotion_code"]
    return form


class ExtensionForm(forms.Form):
    """Until when a rental is to last."""

    to_day = DayField(
        label=gettext_lazy("Ngày trả"), error_messages={"required": gettext_lazy("Chọn ngày trả xe.")}
    )
    to_time = forms.ChoiceField(label=gettext_lazy("Giờ trả"))
    return_station = forms.ChoiceField(label=gettext_lazy("Trả xe tại"), required=False)

    def __init__(self, data: Data | None, *, booking: Booking, due_at: Any) -> None:
        due = clock.local(due_at)
        super().__init__(data, initial={"to_day": due.date(), "to_time": f"{due:%H:%M}"})
        faces = sorted(
            {*half_hours(), f"{due:%H:%M}", *([str(data["to_time"])] if data and "to_time" in data else [])}
        )
        time_field = self.fields["to_time"]
        if isinstance(time_field, forms.ChoiceField):
            time_field.choices = [(face, face) for face in faces if FACE.fullmatch(face)]

        self._places = {place.station.slug: place for place in offer_for(booking.quote).places}
        self._offer_places(booking.return_station)

    def _offer_places(self, agreed: Station) -> None:
        """Offer the stations with a bay; without any the question is not asked."""
        others = [
            (
                slug,
                _("%(station)s – thêm %(amount)s")
                % {"station": place.station.name, "amount": format_dong(place.amount)},
            )
            for slug, place in self._places.items()
            if place.station != agreed
        ]
        place_field = self.fields["return_station"]
        if not others:
            del self.fields["return_station"]
        elif isinstance(place_field, forms.ChoiceField):
            place_field.choices = [("", _("%(station)s (như đã hẹn)") % {"station": agreed.name}), *others]

    @property
    def destination(self) -> Station | None:
        """Where the vehicle shall come back instead, if that was chosen."""
        values = self.cleaned_data if self.is_valid() else {}
        place = self._places.get(values.get("return_station", ""))
        return place.station if place else None

    @property
    def ends_at(self) -> Any:
        """The moment that was chosen, if there is one."""
        values = self.cleaned_data if self.is_valid() else {}
        return periods.moment_of(values["to_day"], values["to_time"]) if values else None
