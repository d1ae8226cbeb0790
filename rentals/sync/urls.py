"""Addresses of synchronisation, below /station/."""

from django.urls import URLPattern, path, re_path

from rentals.sync.api import views as api
from rentals.sync.views import conflicts

urlpatterns: list[URLPattern] = [
    path("api/session", api.session, name="api-session"),
    path("api/sync", api.commands, name="api-sync"),
    re_path(r"^api/files/(?P<sha256>[0-9a-f]{64})$", api.file, name="api-file"),
    path("queue/conflicts/", conflicts.conflict_list, name="conflict-list"),
    path("queue/conflicts/<int:conflict_id>/", conflicts.conflict_detail, name="conflict-detail"),
    path(
        "queue/conflicts/files/<uuid:command_id>/<str:role>/", conflicts.conflict_file, name="conflict-file"
    ),
]
