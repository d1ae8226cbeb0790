"""Addresses of calendar feeds; part of the namespace `rentals`."""

from django.urls import path

from rentals.calendars import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendars/<str:secret>.ics", views.calendar_feed, name="calendar-feed"),
]
