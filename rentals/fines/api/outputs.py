"""What the app gets about camera fines. Amounts are whole dong; times are ISO 8601."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.intents.enums import OPEN_STATES
from payments.intents.selectors import intents_of
from rentals.fines.models import TrafficFine


class FineOutput(serializers.ModelSerializer[TrafficFine]):
    """One fine, with the addresses of its pictures and, once it is to be paid, of its payment page."""

    booking = serializers.CharField(source="rental.booking.code")
    evidence = serializers.SerializerMethodField()
    payment_url = serializers.SerializerMethodField()

    class Meta:
        model = TrafficFine
        fields = (
            "code", "booking", "state", "ending", "authority", "number", "plate", "violated_at", "place", "offence",
            "amount", "pay_by", "answer_until", "objection", "answer", "from_deposit_amount", "debt_amount",
            "settled_ref", "evidence", "payment_url",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_evidence(self, fine: TrafficFine) -> list[str]:
        pictures = fine.evidence.order_by("pk").values_list("pk", flat=True)
        return [reverse("api-fine-evidence", args=[fine.code, picture]) for picture in pictures]

    @extend_schema_field(serializers.CharField(allow_blank=True))
    def get_payment_url(self, fine: TrafficFine) -> str:
        intent = intents_of(fine.reference).filter(state__in=OPEN_STATES).last()
        return intent.get_absolute_url() if intent else ""


class ObjectionInput(serializers.Serializer[Any]):
    """Why the renter does not agree."""

    objection = serializers.CharField(min_length=10, max_length=1000)
