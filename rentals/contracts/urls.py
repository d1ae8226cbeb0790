"""Addresses of contracts, inside the `rentals` namespace."""

from django.urls import path

from rentals.contracts import checking_views, signing_views, views

urlpatterns = [
    path("verify/", checking_views.contract_check, name="contract-check"),
    path("contracts/verify/<str:number>/", views.contract_verify, name="contract-verify"),
    path("contracts/<str:number>/sign/", signing_views.contract_sign, name="contract-sign"),
    path("contracts/<str:number>/", views.contract_detail, name="contract-detail"),
    path(
        "contracts/<str:number>/addenda/<int:position>/",
        views.addendum_pdf,
        name="contract-addendum",
    ),
    path("contracts/<str:number>/pdf/", views.contract_pdf, name="contract-pdf"),
]
