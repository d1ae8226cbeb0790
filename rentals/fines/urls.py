"""A renter's fines."""

from django.urls import path

from rentals.fines import views

urlpatterns = [
    path("fines/", views.fine_list, name="fine-list"),
    path("fines/<str:code>/", views.fine_detail, name="fine-detail"),
    path("fines/<str:code>/accept/", views.fine_accept, name="fine-accept"),
    path("fines/<str:code>/contest/", views.fine_contest, name="fine-contest"),
    path("fines/<str:code>/evidence/<int:evidence_id>/", views.fine_evidence, name="fine-evidence"),
]
