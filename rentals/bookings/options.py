"""What a renter may add to a quote before holding, as a form, and where the vehicle may be returned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from rentals.pricing.enums import AddOnKind, AddOnUnit
from rentals.pricing.lookups import Option, add_ons_for, fee_to, one_way_fees
from rentals.pricing.models import Quote
from rentals.pricing.offer_models import AddOn
from stations.bays.selectors import free_bays_of
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.money import Dong, format_dong

PREFIX = "add_on-"


@dataclass(frozen=True, slots=True)
class ReturnPlace:
    """A station to which the vehicle may be brought, and what that costs."""

    station: Station
    amount: Dong


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be chosen for one quote."""

    quote: Quote
    add_ons: list[AddOn]
    places: list[ReturnPlace]

    @property
    def liability(self) -> list[AddOn]:
        return [row for row in self.add_ons if row.kind == AddOnKind.INSURANCE]

    @property
    def things(self) -> list[AddOn]:
        return [row for row in self.add_ons if row.kind != AddOnKind.INSURANCE]


def offer_for(quote: Quote) -> Offer:
    """Return what may be added to a rental, and the stations of the city with a bay for it. Six queries at most."""
    day = clock.local(quote.starts_at).date()
    return Offer(quote, add_ons_for(quote.model, day), _places_for(quote))


def _places_for(quote: Quote) -> list[ReturnPlace]:
    origin = quote.pickup_station
    fees = one_way_fees(quote.model, origin, clock.local(quote.starts_at).date())
    if not fees:
        return []
    stations = Station.objects.active().filter(city=origin.city_id).exclude(pk=origin.pk).order_by("name")
    reachable = [(station, fee_to(fees, station.pk)) for station in stations]
    bays = free_bays_of(station for station, amount in reachable if amount is not None)
    return [
        ReturnPlace(station, amount)
        for station, amount in reachable
        # Whoever has chosen a place already sees it, and is told at the field if it has filled up.
        if amount is not None and (bays.get(station.pk, 0) > 0 or station.pk == quote.return_station_id)
    ]


def price_of(row: AddOn) -> str:
    """Return what one piece of an add-on costs, in words."""
    amount = format_dong(row.amount)
    if row.unit == AddOnUnit.RENTAL:
        return _("%(amount)s mỗi lần thuê") % {"amount": amount}
    if row.cap_amount:
        words = _("%(amount)s mỗi ngày, tối đa %(cap)s")
        return words % {"amount": amount, "cap": format_dong(row.cap_amount)}
    return _("%(amount)s mỗi ngày") % {"amount": amount}


def _described(row: AddOn) -> str:
    is_english = get_language() == "en" and row.description_en
    return row.description_en if is_english else row.description


def _priced(row: AddOn) -> str:
    return _("%(name)s – %(price)s") % {"name": row, "price": price_of(row)}


class OptionsForm(forms.Form):
    """Add-ons, reduced liability, another station to return to, a promotion code."""

    liability = forms.ChoiceField(
        label=gettext_lazy("Mức bồi thường khi có hư hại"), required=False, widget=forms.RadioSelect
    )
    return_station = forms.ChoiceField(label=gettext_lazy("Trả xe tại"), required=False)
    promotion_code = forms.CharField(
        label=gettext_lazy("Mã khuyến mãi"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, offer: Offer) -> None:
        """Bind the form if there is data; else show what the quote holds."""
        super().__init__(data, initial=_held(offer))
        self.offer = offer
        self._places = {place.station.slug: place.station for place in offer.places}
        self._offer_liability(offer.liability)
        self._offer_places(offer)
        for row in offer.things:
            self.fields[PREFIX + row.slug] = _field_of(row)

    def _offer_liability(self, rows: Sequence[AddOn]) -> None:
        if not rows:
            del self.fields["liability"]
            return
        choices = [("", _("Mức thường, không thêm tiền")), *((row.slug, _priced(row)) for row in rows)]
        self._choices("liability", choices)
        described = [
            _("Nếu trả thêm: %(text)s") % {"text": f"{text[:1].lower()}{text[1:]}"}
            for row in rows
            if (text := _described(row))
        ]
        usual = _("Ở mức thường, bạn trả đủ chi phí của mỗi vết hư hại.")
        self.fields["liability"].help_text = " ".join([usual, *described])

    def _offer_places(self, offer: Offer) -> None:
        if not offer.places:
            del self.fields["return_station"]
            return
        here = _("%(station)s (nơi nhận xe)") % {"station": offer.quote.pickup_station.name}
        elsewhere = [
            (
                place.station.slug,
                _("%(station)s – thêm %(amount)s")
                % {"station": place.station.name, "amount": format_dong(place.amount)},
            )
            for place in offer.places
        ]
        self._choices("return_station", [("", here), *elsewhere])
        self.fields["return_station"].help_text = _("Chúng tôi giữ sẵn một chỗ cho xe ở trạm bạn chọn.")

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def things(self) -> list[forms.BoundField]:
        """The add-ons but for liability, in the order of the list."""
        return [self[PREFIX + row.slug] for row in self.offer.things]

    @property
    def options(self) -> list[Option]:
        """What was chosen, for pricing."""
        chosen = [Option(slug)] if (slug := self.cleaned_data.get("liability")) else []
        for row in self.offer.things:
            quantity = int(self.cleaned_data.get(PREFIX + row.slug) or 0)
            if quantity:
                chosen.append(Option(row.slug, quantity))
        return chosen

    @property
    def destination(self) -> Station | None:
        """Where the vehicle comes back; None for where it was picked up."""
        return self._places.get(self.cleaned_data.get("return_station") or "")


def _field_of(row: AddOn) -> forms.Field:
    label, hint = _priced(row), _described(row)
    if row.most == 1:
        return forms.BooleanField(label=label, help_text=hint, required=False)
    choices = [(0, _("Không"))]
    choices += [
        (count, ngettext("%(count)d cái", "%(count)d cái", count) % {"count": count})
        for count in range(1, row.most + 1)
    ]
    return forms.TypedChoiceField(label=label, help_text=hint, required=False, coerce=int, choices=choices)


def _held(offer: Offer) -> dict[str, Any]:
    """Return what a quote already holds, as the form's first values."""
    quote = offer.quote
    held = {row["slug"]: row["quantity"] for row in quote.options}
    values: dict[str, Any] = {
        PREFIX + row.slug: held.get(row.slug, 0) if row.most > 1 else row.slug in held for row in offer.things
    }
    values["liability"] = next((row.slug for row in offer.liability if row.slug in held), "")
    is_elsewhere = quote.return_station_id != quote.pickup_station_id
    values["return_station"] = quote.return_station.slug if is_elsewhere else ""
    values["promotion_code"] = quote.promotion.code if quote.promotion else ""
    return values


def as_values(form: OptionsForm) -> dict[str, str]:
    """Return what a form shows as the fields that would send the same again."""
    sent = {}
    for bound in form:
        value = bound.value()
        if value not in {None, "", False, "0"}:
            sent[bound.html_name] = "on" if value is True else str(value)
    return sent
