"""What the app gets. Amounts are whole dong including VAT; times are ISO 8601."""

from dataclasses import asdict
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.intents.selectors import money_of
from rentals.bookings.models import Booking
from rentals.pricing.models import Quote
from rentals.pricing.wording import describe
from stations.fleet.models import VehicleModel
from stations.network.models import Station


class StationOutput(serializers.ModelSerializer[Station]):
    class Meta:
        model = Station
        fields = ("code", "slug", "name", "address", "latitude", "longitude", "phone")


class ModelOutput(serializers.ModelSerializer[VehicleModel]):
    description = serializers.CharField(source="text")

    class Meta:
        model = VehicleModel
        fields = (
            "slug", "maker", "name", "kind", "category", "seats", "battery_kwh", "range_km", "power_kw",
            "max_speed_kmh", "description",
        )  # fmt: skip


class OfferOutput(serializers.Serializer[Any]):
    """One model free at a station for the whole period."""

    model = ModelOutput()
    free = serializers.IntegerField(source="count")
    battery_percent = serializers.IntegerField()
    total_amount = serializers.IntegerField(source="price.total")
    deposit_amount = serializers.IntegerField(source="price.deposit")


class StationOfferOutput(serializers.Serializer[Any]):
    """A station and what is free there."""

    station = StationOutput()
    distance_km = serializers.FloatField()
    free = serializers.IntegerField()
    cheapest_amount = serializers.IntegerField(source="cheapest", allow_null=True)
    offers = OfferOutput(many=True)


class LineOutput(serializers.Serializer[Any]):
    """One line of a price, in the words of the request's language."""

    code = serializers.CharField()
    text = serializers.CharField()
    gross_amount = serializers.IntegerField()
    net_amount = serializers.IntegerField()
    vat_amount = serializers.IntegerField()
    vat_basis_points = serializers.IntegerField()


class QuoteOutput(serializers.ModelSerializer[Quote]):
    model = serializers.SlugRelatedField[VehicleModel](slug_field="slug", read_only=True)
    vehicle: "serializers.SlugRelatedField[models.Model]" = serializers.SlugRelatedField(
        slug_field="code", read_only=True, allow_null=True
    )
    station = serializers.SlugRelatedField[Station](
        source="pickup_station", slug_field="slug", read_only=True
    )
    return_station = serializers.SlugRelatedField[Station](slug_field="slug", read_only=True)
    options = serializers.JSONField(help_text="What was added: a list of slug and quantity.")
    promotion = serializers.CharField(source="promotion.code", default="")
    lines = serializers.SerializerMethodField()
    terms = serializers.JSONField()
    policy = serializers.JSONField(
        help_text="The rules of cancelling and coming late, as they are shown now."
    )
    due_amount = serializers.IntegerField(help_text="Rent and deposit: what is paid when booking.")

    class Meta:
        model = Quote
        fields = (
            "id", "model", "vehicle", "station", "return_station", "starts_at", "ends_at", "options", "promotion",
            "lines", "terms", "policy", "total_amount", "net_amount", "vat_amount", "deposit_amount", "due_amount", "sha256", "expires_at",
        )  # fmt: skip

    def get_lines(self, quote: Quote) -> list[dict[str, Any]]:
        output = LineOutput(
            [
                {
                    "code": line["code"],
                    "text": describe(line["code"], line["params"]),
                    "gross_amount": line["gross"],
                    "net_amount": line["net"],
                    "vat_amount": line["vat"],
                    "vat_basis_points": line["vat_bp"],
                }
                for line in quote.lines
            ],
            many=True,
        )
        return list(output.data)


class BookingOutput(serializers.ModelSerializer[Booking]):
    """A booking in a list."""

    state = serializers.CharField(source="shown_state")
    model = serializers.CharField(source="model.slug")
    plate = serializers.CharField(source="allocation.vehicle.plate")
    pickup_station = serializers.CharField(source="pickup_station.slug")
    return_station = serializers.CharField(source="return_station.slug")
    hold_expires_at = serializers.DateTimeField(source="allocation.hold_expires_at", allow_null=True)
    total_amount = serializers.IntegerField(source="quote.total_amount")
    deposit_amount = serializers.IntegerField(source="quote.deposit_amount")

    class Meta:
        model = Booking
        fields = (
            "code", "state", "model", "plate", "pickup_station", "return_station", "starts_at", "ends_at",
            "hold_expires_at", "total_amount", "deposit_amount", "created_at", "confirmed_at",
        )  # fmt: skip


class MoneyOutput(serializers.Serializer[Any]):
    """The money of a booking, from the ledger."""

    paid = serializers.IntegerField()
    deposit_held = serializers.IntegerField()
    captured = serializers.IntegerField()
    refunded = serializers.IntegerField()
    pending_refunds = serializers.IntegerField()
    due = serializers.IntegerField()


class BookingDetailOutput(BookingOutput):
    """One booking with its quote and its money."""

    quote = QuoteOutput()
    money = serializers.SerializerMethodField()

    class Meta(BookingOutput.Meta):
        fields = (*BookingOutput.Meta.fields, "quote", "money")  # type: ignore[assignment]

    def get_money(self, booking: Booking) -> dict[str, Any]:
        return MoneyOutput(money_of(booking.reference)).data


class PaymentOutput(serializers.Serializer[Any]):
    """Where the payer's browser must go, or the transfer that is asked of them; neither where credit paid."""

    url = serializers.SerializerMethodField()
    transfer = serializers.SerializerMethodField()
    amount = serializers.IntegerField()
    paid_by_credit = serializers.IntegerField(help_text="What this request took out of the VoltGo credit.")
    missing = serializers.IntegerField(help_text="What is left to be paid or held.")
    held = serializers.IntegerField(help_text="What of the amount the card only holds: it is not taken.")
    expires_at = serializers.DateTimeField()

    def get_url(self, row: dict[str, Any]) -> str:
        destination = row["destination"]
        return str(destination.url) if destination is not None else ""

    @extend_schema_field(serializers.DictField(child=serializers.CharField(), allow_null=True))
    def get_transfer(self, row: dict[str, Any]) -> dict[str, str] | None:
        destination = row["destination"]
        if not hasattr(destination, "qr_text"):
            return None
        return {name: value for name, value in asdict(destination).items() if name != "session_ref"}


class PaymentWayOutput(serializers.Serializer[Any]):
    """One way to pay: what it takes now, and what it only holds."""

    code = serializers.CharField(source="value", help_text="To be sent as method.")
    label = serializers.CharField()  # type: ignore[assignment]
    takes = serializers.IntegerField(source="taken")
    holds = serializers.IntegerField(source="held")
    is_away = serializers.BooleanField(help_text="Does not answer at the moment.")


class PaymentWaysOutput(serializers.Serializer[Any]):
    """What is to be paid, and how it can be."""

    amount = serializers.IntegerField()
    received = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="What is left to be paid or held.")
    is_payable = serializers.BooleanField()
    is_under_way = serializers.BooleanField(
        help_text="The newest try waits for its provider: whoever pays again may pay twice."
    )
    pay_until = serializers.DateTimeField()
    available_credit = serializers.IntegerField(help_text="The VoltGo credit of the renter.")
    ways = PaymentWayOutput(many=True)


class CancellationOutput(serializers.Serializer[Any]):
    """What a cancellation gives back and keeps."""

    rent_refund = serializers.IntegerField()
    fee = serializers.IntegerField()
    deposit_refund = serializers.IntegerField()
    deposit_freed = serializers.IntegerField(help_text="Held on a card and not taken: the card is let go.")
    deposit_planned = serializers.IntegerField(
        help_text="Was to be held on a card later: it will not be held."
    )
    total = serializers.IntegerField()
