"""What the app may send about changes."""

from typing import Any

from rest_framework import serializers

from rentals.bookings.api.inputs import OptionInput


class ChangeInput(serializers.Serializer[Any]):
    """What a booking is to become; what is left out stays as it is. Times are ISO 8601 with an offset.

    Another station or model is any vehicle of the model there.
    """

    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    station = serializers.SlugField(required=False)
    return_station = serializers.SlugField(required=False)
    model = serializers.SlugField(required=False)
    options = OptionInput(many=True, required=False)


class ExtensionInput(serializers.Serializer[Any]):
    """Until when a rental is to last, and where it ends if not as agreed."""

    ends_at = serializers.DateTimeField()
    return_station = serializers.SlugField(required=False)


class ConfirmInput(serializers.Serializer[Any]):
    """Which preview is meant: its quote."""

    quote = serializers.UUIDField()
