"""What the app gets about waiting and liking."""

from typing import Any

from rest_framework import serializers

from rentals.waitlist.models import WaitlistEntry


class EntryOutput(serializers.ModelSerializer[WaitlistEntry]):
    """One entry; while it is offered, `booking` is the hold to be paid like any other."""

    station = serializers.CharField(source="station.slug")
    model = serializers.CharField(source="model.slug")
    position = serializers.SerializerMethodField(help_text="Place in the queue while waiting, else null.")
    booking = serializers.CharField(source="booking.code", allow_null=True, default=None)
    is_offered = serializers.BooleanField(help_text="Whether the offer still stands.")

    class Meta:
        model = WaitlistEntry
        fields = (
            "code", "state", "station", "model", "starts_at", "ends_at", "position", "is_offered",
            "offered_until", "booking", "created_at",
        )  # fmt: skip

    def get_position(self, entry: WaitlistEntry) -> int | None:
        return entry.position if entry.state == "waiting" else None


class FavouriteOutput(serializers.Serializer[Any]):
    """One favourite; a vehicle also says when it is free next."""

    kind = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField(source="period.starts_at", allow_null=True, default=None)
    ends_at = serializers.DateTimeField(source="period.ends_at", allow_null=True, default=None)
