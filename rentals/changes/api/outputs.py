"""What the app gets about changes. Amounts are whole dong; `rent` and `deposit` are after less before."""

from typing import Any

from rest_framework import serializers

from rentals.bookings.api.outputs import QuoteOutput
from rentals.changes.models import BookingChange


class DifferenceOutput(serializers.Serializer[Any]):
    """What a change costs or gives back."""

    rent = serializers.IntegerField()
    deposit = serializers.IntegerField()
    fee = serializers.IntegerField(help_text="Of rent that is given up: what is kept by the policy.")
    due = serializers.IntegerField(help_text="Paid before the change applies.")
    back = serializers.IntegerField(help_text="Goes back when the change applies.")


class ChangePreviewOutput(serializers.Serializer[Any]):
    """A booking before and after; send the id of `after` to ask for it."""

    before = QuoteOutput()
    after = QuoteOutput()
    difference = DifferenceOutput()
    refund_cap_basis_points = serializers.IntegerField(
        source="refund_cap_bp", help_text="What a later cancellation gives back of the rent at most."
    )


class ChangeOutput(serializers.ModelSerializer[BookingChange]):
    """One change of a booking. While it waits for money, pay by the booking's payment address."""

    state = serializers.CharField(source="shown_state")
    booking = serializers.CharField(source="booking.code")
    starts_at = serializers.DateTimeField(source="after_quote.starts_at")
    ends_at = serializers.DateTimeField(source="after_quote.ends_at")
    plate = serializers.CharField(source="vehicle.plate")
    total_amount = serializers.IntegerField(source="after_quote.total_amount")
    due_amount = serializers.IntegerField()

    class Meta:
        model = BookingChange
        fields = (
            "code", "booking", "kind", "state", "starts_at", "ends_at", "plate", "total_amount",
            "rent_difference", "deposit_difference", "fee_amount", "due_amount", "expires_at", "applied_at",
        )  # fmt: skip


class LongestOutput(serializers.Serializer[Any]):
    """The latest return that is possible without moving anybody; null if there is none."""

    longest = serializers.DateTimeField(allow_null=True)
