"""Addresses of tablets and of the people who unlock them, below /station/."""

from django.urls import URLPattern, path

from rentals.tablet import people_api, people_views

urlpatterns: list[URLPattern] = [
    path("tablets/", people_views.tablet_list, name="tablet-list"),
    path("tablets/enrol/", people_views.tablet_enrol, name="tablet-enrol"),
    path("tablets/<str:code>/revoke/", people_views.tablet_revoke, name="tablet-revoke"),
    path("pin/", people_views.pin, name="pin"),
    path("unlock/", people_views.unlock, name="unlock"),
    path("api/people", people_api.people, name="api-people"),
    path("api/unlock", people_api.unlock, name="api-unlock"),
    path("api/resume", people_api.resume, name="api-resume"),
    path("api/lock", people_api.lock, name="api-lock"),
    path("api/active", people_api.active, name="api-active"),
]
