"""Forms of search and booking: where, from when to when, what; a cancellation; an objection."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.users.models import User
from rentals.bookings import periods
from rentals.bookings.presentation import KINDS
from rentals.bookings.rules import LATEST_START
from rentals.bookings.selectors.availability import Place
from rentals.bookings.selectors.licences import HELD, MINE, NO_LICENCE, licences_for
from rentals.bookings.selectors.places import Places
from rentals.bookings.selectors.search import BY_PRICE, BY_RANGE, Criteria
from rentals.bookings.widgets import QuickDate, QuickHidden, QuickRadio, QuickSelect
from rentals.policies.rules import Policy
from rentals.policies.selectors import policy_today
from stations.fleet.enums import VehicleKind
from stations.network.hours import Opening, half_hours
from stations.network.models import City
from voltgo.core import clock
from voltgo.core.choices import Choices
from voltgo.core.clock import Period
from voltgo.core.templatetags.voltgo_ui import duration, when

FACE = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
POINT = re.compile(r"(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)")
POLE, ANTIMERIDIAN = 90, 180
SEATS = (2, 4, 5, 7)
MOMENTS = {"from_day", "from_time", "to_day", "to_time"}
RANGES_KM = (100, 200, 300, 400)
SORTS = Choices(
    [
        ("", gettext_lazy("Gần nhất")),
        (BY_PRICE, gettext_lazy("Rẻ nhất")),
        (BY_RANGE, gettext_lazy("Đi được xa nhất")),
    ]
)

Data = Mapping[str, Any]
# (slug, name) of each
Names = tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def _times(hours: tuple[int, int] | None, extra: str) -> Choices:
    """Return the half hours within some hours as choices, with one more time if it is none of them."""
    known = half_hours(hours)
    if extra and extra not in known:
        return Choices((face, face) for face in sorted([*known, extra]))
    return _times(hours, "") if extra else Choices((face, face) for face in known)


# What is translated and the same for everybody is put together once for each language.
@lru_cache
def _seats(_language: str | None) -> Choices:
    return _with_all((seats, _("Từ %(count)d chỗ") % {"count": seats}) for seats in SEATS)


@lru_cache
def _ranges(_language: str | None) -> Choices:
    return _with_all((km, _("Từ %(count)d km") % {"count": km}) for km in RANGES_KM)


@lru_cache
def _licences(_language: str | None, *, has_own: bool) -> Choices:
    mine = [(MINE, _("Theo giấy tờ của tôi"))] if has_own else []
    classes = [
        (held, _("Hạng %(classes)s") % {"classes": held.replace("+", ", ")})
        for held in HELD
        if held != NO_LICENCE
    ]
    return _with_all([*mine, *classes, (NO_LICENCE, _("Chưa có giấy phép"))])


def _with_all(pairs: Iterable[tuple[Any, str]]) -> Choices:
    return Choices([("", _("Tất cả")), *pairs])


@lru_cache(maxsize=256)
def _places(_language: str | None, cities: Names, stations: tuple[tuple[str, Names], ...]) -> Choices:
    """Return cities, then the stations of each, as choices; kept by what they are, so never out of date."""
    names = dict(cities)
    return Choices(
        [
            (_("Thành phố"), [(f"city:{slug}", name) for slug, name in cities]),
            *(
                (
                    _("Trạm tại %(city)s") % {"city": names[slug]},
                    [(f"station:{station}", name) for station, name in listed],
                )
                for slug, listed in stations
            ),
        ]
    )


class DayField(forms.DateField):
    """A date as the browser's own date picker sends it, within what may be booked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=QuickDate, input_formats=["%Y-%m-%d"], **kwargs)

    def within(self, first: date, last: date) -> None:
        self.widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}


class PeriodForm(forms.Form):
    """From when to when. With a station's opening, its hours are the choices and closed times are refused."""

    from_day = DayField(
        label=gettext_lazy("Ngày nhận"), error_messages={"required": gettext_lazy("Chọn ngày nhận xe.")}
    )
    from_time = forms.ChoiceField(label=gettext_lazy("Giờ nhận"), widget=QuickSelect)
    to_day = DayField(
        label=gettext_lazy("Ngày trả"), error_messages={"required": gettext_lazy("Chọn ngày trả xe.")}
    )
    to_time = forms.ChoiceField(label=gettext_lazy("Giờ trả"), widget=QuickSelect)

    def __init__(
        self, data: Data, *, opening: Opening | None = None, kind: str = "", policy: Policy | None = None
    ) -> None:
        """Bind the form; what is not given is filled in sensibly. One query, unless the policy is given."""
        moment = clock.now()
        self.opening = opening
        self.policy = policy or policy_today()
        given = {name: data[name] for name in data}
        if not given.keys() >= MOMENTS:
            given = periods.as_values(periods.default_period(moment, kind=kind, opening=opening)) | given
        super().__init__(given)
        for name in ("from_time", "to_time"):
            self._offer_times(name)
        today = clock.local(moment).date()
        furthest = timedelta(days=self.policy.furthest_ahead_days)
        longest = timedelta(days=self.policy.longest_days)
        for name, last in (("from_day", furthest), ("to_day", furthest + longest)):
            day_field = self.fields[name]
            if isinstance(day_field, DayField):
                day_field.within(today, today + last)

    def _offer_times(self, name: str) -> None:
        """Offer half hours, and keep a time that a link has brought even if it is none."""
        chosen = str(self.data.get(name, ""))
        time_field = self.fields[name]
        if isinstance(time_field, forms.ChoiceField):
            extra = chosen if FACE.fullmatch(chosen) else ""
            time_field.choices = _times(self._longest_hours(), extra)

    def _longest_hours(self) -> tuple[int, int] | None:
        """Return the hours that cover every day of the station's week: the date is not chosen yet."""
        if self.opening is None or not self.opening.week:
            return None
        days = self.opening.week.values()
        return min(opens for opens, _closes in days), max(closes for _opens, closes in days)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        start = periods.moment_of(values["from_day"], values["from_time"])
        end = periods.moment_of(values["to_day"], values["to_time"])
        for name, error in self._objections(start, end):
            self.add_error(name, error)
        return values if self.errors else values | {"period": Period(start, end)}

    def _objections(self, start: Any, end: Any) -> Iterable[tuple[str, str]]:
        now, policy = clock.now(), self.policy
        notice = timedelta(minutes=policy.lead_minutes)
        if start < now - LATEST_START:
            yield "from_time", _("Giờ này đã qua. Hãy chọn giờ muộn hơn.")
        elif notice and start < now + notice:
            yield "from_time", _("Hãy đặt trước ít nhất %(time)s.") % {"time": duration(policy.lead_minutes)}
        elif start > now + timedelta(days=policy.furthest_ahead_days):
            words = _("Chỉ đặt trước được tối đa %(days)d ngày.")
            yield "from_day", words % {"days": policy.furthest_ahead_days}
        elif end <= start:
            yield "to_time", _("Hãy chọn giờ sau giờ nhận xe.")
        elif end - start < self.shortest:
            yield "to_time", _("Thuê ít nhất %(time)s.") % {"time": duration(policy.shortest_minutes)}
        elif end - start > timedelta(days=policy.longest_days):
            yield "to_day", _("Mỗi lần thuê tối đa %(days)d ngày.") % {"days": policy.longest_days}
        else:
            yield from self._closed(start, end, now)

    @property
    def shortest(self) -> timedelta:
        return timedelta(minutes=self.policy.shortest_minutes)

    def _closed(self, start: Any, end: Any, now: Any) -> Iterable[tuple[str, str]]:
        if self.opening is None:
            return
        for name, moment, not_before in (("from_time", start, now), ("to_time", end, start + self.shortest)):
            if self.opening.is_open_at(moment):
                continue
            nearest = self.opening.nearest_open(moment, not_before=not_before)
            if nearest is None:
                yield name, _("Trạm không mở cửa trong những ngày này. Hãy chọn trạm khác.")
            else:
                words = _("Trạm đóng cửa vào giờ này. Gần nhất là %(when)s.")
                yield name, words % {"when": when(nearest)}

    @property
    def period(self) -> Period | None:
        """The period if it is sound."""
        return self.cleaned_data.get("period") if self.is_valid() else None


class SearchForm(PeriodForm):
    """The search: where, from, to, what. Always bound, so that a bare address searches too."""

    where = forms.ChoiceField(
        label=gettext_lazy("Nơi nhận xe"),
        widget=QuickSelect,
        error_messages={
            "required": gettext_lazy("Chọn một thành phố hoặc một trạm."),
            "invalid_choice": gettext_lazy("Chọn một thành phố hoặc một trạm."),
        },
    )
    lat = forms.FloatField(required=False, widget=QuickHidden)
    lon = forms.FloatField(required=False, widget=QuickHidden)
    kind = forms.ChoiceField(
        label=gettext_lazy("Loại xe"),
        required=False,
        choices=Choices(KINDS.items()),
        widget=QuickRadio,
    )
    seats = forms.TypedChoiceField(
        label=gettext_lazy("Số chỗ"), required=False, coerce=int, widget=QuickSelect
    )
    range = forms.TypedChoiceField(
        label=gettext_lazy("Đi được khi nhận xe"), required=False, coerce=int, widget=QuickSelect
    )
    licence = forms.ChoiceField(label=gettext_lazy("Giấy phép lái xe"), required=False, widget=QuickSelect)
    sort = forms.ChoiceField(
        label=gettext_lazy("Sắp xếp"),
        required=False,
        widget=QuickSelect,
        choices=SORTS,
    )

    def __init__(self, data: Data, *, places: Places, user: object = None) -> None:
        """Bind the form; `places` are those to choose from. A signed-in person may search by their papers."""
        self.stations = {station.slug: station for station in places.stations}
        self.cities = {city.slug: city for city in places.cities}
        self.user = user
        given = {name: data[name] for name in data if name in self.base_fields}
        point = self._point_of(given)
        given |= {"lat": "", "lon": ""}
        kind = given.get("kind", "")
        super().__init__(
            {"where": self._first_place(), **given, **({"where": point} if point else {})},
            kind=kind if kind in VehicleKind.values else "",
            policy=places.policy,
        )
        self._offer_places()
        language = get_language()
        self._offer("seats", _seats(language))
        self._offer("range", _ranges(language))
        self._offer("licence", _licences(language, has_own=isinstance(self.user, User)))

    def _first_place(self) -> str:
        """Start from the city with the most stations, as far as they are listed."""
        counts = Counter(station.city.slug for station in self.stations.values())
        return f"city:{max(self.cities, key=counts.__getitem__)}" if self.cities else ""

    @staticmethod
    def _point_of(given: Data) -> str:
        """Return the position of "near me", which wins over the place that was chosen before."""
        point = f"{given.get('lat', '')},{given.get('lon', '')}"
        return point if POINT.fullmatch(point) else ""

    def _offer(self, name: str, choices: Choices) -> None:
        choice_field = self.fields[name]
        if isinstance(choice_field, forms.ChoiceField):
            choice_field.choices = choices

    def _offer_places(self) -> None:
        """Offer the cities, then the stations of each city; a position stays chosen as "near me"."""
        listed: dict[str, list[tuple[str, str]]] = {slug: [] for slug in self.cities}
        for station in self.stations.values():
            listed[station.city.slug].append((station.slug, station.name))
        places = _places(
            get_language(),
            tuple((slug, str(city)) for slug, city in self.cities.items()),
            tuple((slug, tuple(stations)) for slug, stations in listed.items() if stations),
        )
        chosen = str(self.data.get("where", ""))
        if POINT.fullmatch(chosen):
            places = Choices(places, first=(chosen, _("Gần vị trí của tôi")))
        self._offer("where", places)

    def clean_where(self) -> str:
        chosen = str(self.cleaned_data["where"])
        point = POINT.fullmatch(chosen)
        if point and not (abs(float(point[1])) <= POLE and abs(float(point[2])) <= ANTIMERIDIAN):
            raise forms.ValidationError(_("Chọn một thành phố hoặc một trạm."))
        return chosen

    @property
    def place(self) -> Place | None:
        """The place if one was chosen."""
        chosen = str(self.cleaned_data.get("where", "")) if self.is_bound and self.is_valid() else ""
        kind, _colon, slug = chosen.partition(":")
        if kind == "city":
            return Place.in_city(self.cities[slug])
        if kind == "station":
            return Place.around(self.stations[slug])
        point = POINT.fullmatch(chosen)
        return Place(float(point[1]), float(point[2])) if point else None

    @property
    def criteria(self) -> Criteria | None:
        """What to search for, if everything that was entered is sound."""
        if self.period is None or self.place is None:
            return None
        return Criteria(
            place=self.place,
            period=self.period,
            kind=self.cleaned_data["kind"],
            minimum_seats=self.cleaned_data["seats"] or 0,
            minimum_range_km=self.cleaned_data["range"] or 0,
            sort=self.cleaned_data["sort"],
            licences=licences_for(self.cleaned_data["licence"], self.user),
        )

    @property
    def _slug(self) -> tuple[str, str]:
        """Return what sort of place was chosen, and its slug."""
        kind, _colon, slug = str(self.data.get("where", "")).partition(":")
        return kind, slug

    @property
    def city(self) -> City | None:
        """The city that was chosen, or that of the station."""
        kind, slug = self._slug
        if kind == "station" and slug in self.stations:
            return self.stations[slug].city
        return self.cities.get(slug)

    @property
    def is_whole_city(self) -> bool:
        return self._slug[0] == "city"

    @property
    def place_label(self) -> str:
        """Return the place in words, to stand after "in" or "near"."""
        kind, slug = self._slug
        if kind == "station" and slug in self.stations:
            return _("gần %(station)s") % {"station": self.stations[slug].name}
        if slug in self.cities:
            return _("ở %(city)s") % {"city": self.cities[slug]}
        return _("gần bạn")


class QuoteForm(PeriodForm):
    """What is to be priced: a model at a station, or one vehicle, for a period."""

    station = forms.SlugField(widget=forms.HiddenInput)
    model = forms.SlugField(widget=forms.HiddenInput)
    vehicle = forms.CharField(max_length=12, required=False, widget=forms.HiddenInput)
    # The quote that ran out, to show both prices side by side.
    previous = forms.UUIDField(required=False, widget=forms.HiddenInput)


class ObjectionForm(forms.Form):
    """What a renter does not accept of a settlement: which lines, by their positions, and why."""

    refused = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Khoản bạn không đồng ý"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Không chọn khoản nào nghĩa là mọi khoản phát sinh."),
    )
    objection = forms.CharField(
        label=gettext_lazy("Điều bạn không đồng ý"),
        max_length=500,
        help_text=gettext_lazy("Ghi rõ khoản nào và vì sao. Điều hành viên trả lời trong 48 giờ."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Cho biết bạn không đồng ý khoản nào.")},
    )

    def __init__(self, *args: Any, lines: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if lines:
            self.fields["refused"].choices = lines  # type: ignore[attr-defined]
        else:
            del self.fields["refused"]
