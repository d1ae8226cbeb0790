"""What the app gets. Amounts are whole dong; account numbers never leave, only their last digits."""

from typing import Any

from rest_framework import serializers

from payments.intents.models import Deposit, Payment, Refund
from payments.intents.services.payees import masked
from payments.invoices.enums import ReceiptState
from payments.invoices.models import Receipt
from payments.wallet.presentation import deposit_words, expectation, refund_state


class WalletOutput(serializers.Serializer[Any]):
    """What a person may spend, may have paid out, and owes."""

    credit = serializers.IntegerField()
    payable_out = serializers.IntegerField()
    debt = serializers.IntegerField()


class WalletPaymentOutput(serializers.ModelSerializer[Payment]):
    reference = serializers.CharField(source="intent.reference")
    purpose = serializers.CharField(source="intent.purpose")
    intent = serializers.UUIDField(source="intent_id")

    class Meta:
        model = Payment
        fields = (
            "id", "intent", "reference", "purpose", "provider", "method", "amount", "prepayment_amount",
            "deposit_amount", "surplus_amount", "paid_at",
        )  # fmt: skip


class WalletRefundOutput(serializers.ModelSerializer[Refund]):
    payee = serializers.SerializerMethodField(
        help_text="The bank account by its last digits, if one is known."
    )
    state_text = serializers.SerializerMethodField()
    expectation = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = (
            "id", "reference", "amount", "prepayment_amount", "deposit_amount", "surplus_amount", "reason", "way",
            "state", "state_text", "expectation", "payee", "created_at", "succeeded_at",
        )  # fmt: skip

    def get_payee(self, refund: Refund) -> str:
        return masked(refund.payee)

    def get_state_text(self, refund: Refund) -> str:
        return refund_state(refund)

    def get_expectation(self, refund: Refund) -> str:
        return expectation(refund)


class WalletDepositOutput(serializers.ModelSerializer[Deposit]):
    """`on_hold` is only held on a card; `retained` is kept until a day for fines of cameras."""

    remaining = serializers.IntegerField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = Deposit
        fields = (
            "id", "reference", "amount", "captured", "released", "remaining", "on_hold", "retained",
            "retained_until", "state", "words", "created_at",
        )  # fmt: skip

    def get_words(self, deposit: Deposit) -> str:
        return deposit_words(deposit)


class WalletReceiptOutput(serializers.ModelSerializer[Receipt]):
    has_pdf = serializers.SerializerMethodField()

    class Meta:
        model = Receipt
        fields = ("id", "number", "kind", "reference", "net", "vat", "total", "issued_at", "has_pdf")

    def get_has_pdf(self, receipt: Receipt) -> bool:
        return receipt.state == ReceiptState.RENDERED
