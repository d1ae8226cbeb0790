"""What the app may send, checked field by field."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from rentals.bookings.selectors.availability import REACH_KM, Place
from rentals.bookings.selectors.search import Criteria
from stations.fleet.enums import VehicleKind
from stations.network.models import City
from voltgo.core.clock import Period


class PeriodInput(serializers.Serializer[Any]):
    """From when to when; ISO 8601 with an offset."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        starts_at = attrs["starts_at"].replace(second=0, microsecond=0)
        ends_at = attrs["ends_at"].replace(second=0, microsecond=0)
        if ends_at <= starts_at:
            raise serializers.ValidationError({"ends_at": _("Giờ trả phải sau giờ nhận.")})
        return attrs | {"period": Period(starts_at, ends_at)}


class SearchInput(PeriodInput):
    """Where, when and what. Either a city or a point."""

    city = serializers.SlugRelatedField(slug_field="slug", queryset=City.objects.all(), required=False)
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)
    radius_km = serializers.FloatField(min_value=0.5, max_value=60, default=REACH_KM)
    kind = serializers.ChoiceField(choices=VehicleKind.choices, required=False, default="")
    seats = serializers.IntegerField(min_value=0, max_value=16, default=0)
    range_km = serializers.IntegerField(min_value=0, max_value=1_000, default=0)
    sort = serializers.ChoiceField(choices=["distance", "price", "range"], default="distance")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        has_point = "latitude" in attrs and "longitude" in attrs
        if not has_point and "city" not in attrs:
            raise serializers.ValidationError({"city": _("Cho biết thành phố hoặc tọa độ.")})
        if has_point:
            place = Place(attrs["latitude"], attrs["longitude"], attrs["radius_km"])
        else:
            place = Place.in_city(attrs["city"])
        criteria = Criteria(
            place,
            attrs["period"],
            kind=attrs["kind"],
            minimum_seats=attrs["seats"],
            minimum_range_km=attrs["range_km"],
            sort="" if attrs["sort"] == "distance" else attrs["sort"],
        )
        return attrs | {"criteria": criteria}


class OptionInput(serializers.Serializer[Any]):
    """One add-on and how many of it."""

    slug = serializers.SlugField(max_length=40)
    quantity = serializers.IntegerField(min_value=1, max_value=20, default=1)


class QuoteInput(PeriodInput):
    """What is to be priced: a model at a station, or one vehicle, and what is added.

    A promotion code needs a signed-in person.
    """

    station = serializers.SlugField()
    model = serializers.SlugField(required=False)
    vehicle = serializers.CharField(max_length=12, required=False)
    return_station = serializers.SlugField(required=False)
    options = OptionInput(many=True, required=False, default=list)
    promotion_code = serializers.CharField(max_length=24, required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if ("model" in attrs) == ("vehicle" in attrs):
            raise serializers.ValidationError({"model": _("Chọn một mẫu xe hoặc một chiếc xe.")})
        return attrs


class HoldInput(serializers.Serializer[Any]):
    """Which quote is to be held."""

    quote = serializers.UUIDField()


class PayInput(serializers.Serializer[Any]):
    """How and in which language to pay; without a method the last one chosen, or the first offered.

    The method "credit" pays at once out of the renter's VoltGo credit, as far as it reaches.
    """

    language = serializers.ChoiceField(choices=["vi", "en"], default="vi")
    method = serializers.SlugField(max_length=16, default="", allow_blank=True)
