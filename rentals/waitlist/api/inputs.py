"""What the app may send about waiting and liking."""

from typing import Any

from rest_framework import serializers

from rentals.bookings.api.inputs import PeriodInput
from stations.fleet.models import VehicleModel
from stations.network.models import Station


class WaitInput(PeriodInput):
    """A model at a station for a period that is taken."""

    station = serializers.SlugRelatedField(slug_field="slug", queryset=Station.objects.active())
    model = serializers.SlugRelatedField(slug_field="slug", queryset=VehicleModel.objects.all())


class FavouriteInput(serializers.Serializer[Any]):
    """What is liked: a station or a model by its slug, a vehicle by its code."""

    kind = serializers.ChoiceField(choices=["station", "model", "vehicle"])
    slug = serializers.CharField(max_length=50)
