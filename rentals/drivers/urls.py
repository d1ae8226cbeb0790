"""Addresses of additional drivers; part of the namespace `rentals`."""

from django.urls import path

from rentals.drivers import views

urlpatterns = [
    path("bookings/<str:code>/drivers/", views.driver_invite, name="driver-invite"),
    path("bookings/<str:code>/drivers/<str:driver>/remove/", views.driver_remove, name="driver-remove"),
    path("drive-along/<str:code>/", views.drive_along, name="drive-along"),
]
