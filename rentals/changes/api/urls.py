"""Addresses of changes and extensions."""

from django.urls import path

from rentals.changes.api import views

urlpatterns = [
    path("bookings/<str:code>/changes", views.ChangeList.as_view(), name="api-change-list"),
    path("bookings/<str:code>/changes/preview", views.ChangePreview.as_view(), name="api-change-preview"),
    path(
        "bookings/<str:code>/changes/<str:change_code>",
        views.ChangeDetail.as_view(),
        name="api-change-detail",
    ),
    path("bookings/<str:code>/extensions", views.ExtensionList.as_view(), name="api-extension-list"),
    path(
        "bookings/<str:code>/extensions/preview",
        views.ExtensionPreview.as_view(),
        name="api-extension-preview",
    ),
]
