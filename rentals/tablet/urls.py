"""Addresses of the tablet app, below /station/."""

from django.urls import URLPattern, path

from rentals.tablet import app_views, snapshot_views, worker_views

urlpatterns: list[URLPattern] = [
    # The worker stands above everything that it answers for.
    path("sw.js", worker_views.worker, name="tablet-worker"),
    path("tablet/manifest.webmanifest", worker_views.manifest, name="tablet-manifest"),
    path("tablet/shell/<slug:language>/", worker_views.tablet_shell, name="tablet-shell"),
    path("api/snapshot", snapshot_views.snapshot, name="tablet-snapshot"),
    # One document for every screen: the worker can answer any of these addresses from what it keeps.
    path("tablet/", app_views.tablet_app, name="tablet-app"),
    path("tablet/<path:screen>", app_views.tablet_app, name="tablet-screen"),
]
