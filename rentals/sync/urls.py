"""Addresses of synchronisation, below /station/."""

from django.urls import URLPattern, path, re_path

from rentals.sync.api import views as api

urlpatterns: list[URLPattern] = [
    path("api/session", api.session, name="api-session"),
    path("api/sync", api.commands, name="api-sync"),
    re_path(r"^api/files/(?P<sha256>[0-9a-f]{64})$", api.file, name="api-file"),
]
