"""Addresses of the tablet app, below /station/."""

from django.urls import URLPattern, path

from rentals.tablet import app_views

urlpatterns: list[URLPattern] = [
    # One document for every screen: the worker can answer any of these addresses from what it keeps.
    path("tablet/", app_views.tablet_app, name="tablet-app"),
    path("tablet/<path:screen>", app_views.tablet_app, name="tablet-screen"),
]
