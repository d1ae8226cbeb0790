"""Addresses of camera fines in the API."""

from django.urls import path

from rentals.fines.api import views

urlpatterns = [
    path("fines", views.Fines.as_view(), name="api-fines"),
    path("fines/<str:code>", views.FineDetail.as_view(), name="api-fine"),
    path("fines/<str:code>/acceptance", views.FineAcceptance.as_view(), name="api-fine-acceptance"),
    path("fines/<str:code>/objection", views.FineObjection.as_view(), name="api-fine-objection"),
    path(
        "fines/<str:code>/evidence/<int:evidence_id>",
        views.FineEvidencePicture.as_view(),
        name="api-fine-evidence",
    ),
]
