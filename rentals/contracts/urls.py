"""Addresses of contracts, inside the `rentals` namespace."""

from django.urls import path

from rentals.contracts import views

urlpatterns = [
    path("contracts/verify/<str:number>/", views.contract_verify, name="contract-verify"),
    path("contracts/<str:number>/", views.contract_detail, name="contract-detail"),
    path(
        "contracts/<str:number>/addenda/<int:position>/",
        views.addendum_pdf,
        name="contract-addendum",
    ),
    path("contracts/<str:number>/pdf/", views.contract_pdf, name="contract-pdf"),
]
