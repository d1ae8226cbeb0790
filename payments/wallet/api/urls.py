"""Addresses of the wallet's API."""

from django.urls import path

from payments.wallet.api import views

urlpatterns = [
    path("wallet", views.Wallet.as_view(), name="api-wallet"),
    path("wallet/payments", views.PaymentList.as_view(), name="api-wallet-payments"),
    path("wallet/payments/<int:pk>", views.PaymentDetail.as_view(), name="api-wallet-payment"),
    path("wallet/refunds", views.RefundList.as_view(), name="api-wallet-refunds"),
    path("wallet/refunds/<uuid:pk>", views.RefundDetail.as_view(), name="api-wallet-refund"),
    path("wallet/deposits", views.DepositList.as_view(), name="api-wallet-deposits"),
    path("wallet/deposits/<int:pk>", views.DepositDetail.as_view(), name="api-wallet-deposit"),
    path("wallet/receipts", views.ReceiptList.as_view(), name="api-wallet-receipts"),
    path("wallet/receipts/<uuid:pk>", views.ReceiptDetail.as_view(), name="api-wallet-receipt"),
    path("wallet/receipts/<uuid:pk>/pdf", views.ReceiptPdf.as_view(), name="api-wallet-receipt-pdf"),
]
