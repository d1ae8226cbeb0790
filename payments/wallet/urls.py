"""Addresses of the wallet, below /account/wallet/."""

from django.urls import path

from payments.wallet import views

urlpatterns = [
    path("", views.wallet, name="wallet"),
    path("refunds/<uuid:refund_id>/", views.refund_detail, name="refund-detail"),
    path("refunds/<uuid:refund_id>/credit/", views.refund_credit, name="refund-credit"),
    path("payout/", views.credit_payout, name="payout"),
    path("payout/<uuid:payout_id>/cancel/", views.payout_cancel, name="payout-cancel"),
    path("cards/<int:card_id>/forget/", views.card_forget, name="card-forget"),
]
