"""Endpoints below /api/v1/wallet: one's own rows only; another's answer 404."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from payments.intents.models import Deposit, Payment, Refund
from payments.intents.selectors import debt_of
from payments.intents.services import credit_of, payable_out
from payments.invoices.enums import ReceiptState
from payments.invoices.errors import ReceiptNotReady
from payments.invoices.models import Receipt
from payments.invoices.selectors import receipts_of
from payments.wallet import selectors
from payments.wallet.api.outputs import (
    WalletDepositOutput,
    WalletOutput,
    WalletPaymentOutput,
    WalletReceiptOutput,
    WalletRefundOutput,
)
from voltgo.core.sending import send_pdf


def _user(view: generics.GenericAPIView[Any]) -> User:
    """Return the signed-in person; the permission class has refused everybody else."""
    return cast("User", view.request.user)


class Wallet(APIView):
    """My credit and what I owe."""

    @extend_schema(responses=WalletOutput)
    def get(self, request: Request) -> Response:
        user = cast("User", request.user)
        sums = {"credit": credit_of(user), "payable_out": payable_out(user), "debt": debt_of(user)}
        return Response(WalletOutput(sums).data)


class OwnPayments(generics.GenericAPIView[Payment]):
    serializer_class = WalletPaymentOutput

    def get_queryset(self) -> QuerySet[Payment]:
        if getattr(self, "swagger_fake_view", False):
            return Payment.objects.none()
        return selectors.payments_of(_user(self))


class OwnRefunds(generics.GenericAPIView[Refund]):
    serializer_class = WalletRefundOutput

    def get_queryset(self) -> QuerySet[Refund]:
        if getattr(self, "swagger_fake_view", False):
            return Refund.objects.none()
        return selectors.refunds_of(_user(self))


class OwnDeposits(generics.GenericAPIView[Deposit]):
    serializer_class = WalletDepositOutput

    def get_queryset(self) -> QuerySet[Deposit]:
        if getattr(self, "swagger_fake_view", False):
            return Deposit.objects.none()
        return selectors.deposits_of(_user(self))


class OwnReceipts(generics.GenericAPIView[Receipt]):
    serializer_class = WalletReceiptOutput

    def get_queryset(self) -> QuerySet[Receipt]:
        if getattr(self, "swagger_fake_view", False):
            return Receipt.objects.none()
        return receipts_of(_user(self))


class PaymentList(OwnPayments, generics.ListAPIView[Payment]):
    """What I paid, newest first."""


class PaymentDetail(OwnPayments, generics.RetrieveAPIView[Payment]):
    """One of my payments."""


class RefundList(OwnRefunds, generics.ListAPIView[Refund]):
    """What goes or went back to me, newest first."""


class RefundDetail(OwnRefunds, generics.RetrieveAPIView[Refund]):
    """One of my refunds, with when to expect it."""


class DepositList(OwnDeposits, generics.ListAPIView[Deposit]):
    """My deposits, newest first."""


class DepositDetail(OwnDeposits, generics.RetrieveAPIView[Deposit]):
    """One of my deposits."""


class ReceiptList(OwnReceipts, generics.ListAPIView[Receipt]):
    """My receipts, newest first."""


class ReceiptDetail(OwnReceipts, generics.RetrieveAPIView[Receipt]):
    """One of my receipts."""


class ReceiptPdf(OwnReceipts):
    """One of my receipts as PDF; 409 while it is still being made."""

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        receipt = self.get_object()
        if receipt.state != ReceiptState.RENDERED:
            raise ReceiptNotReady
        return send_pdf(receipt.pdf.open("rb"), filename=f"{receipt.number}.pdf")
