"""Pages of the station tablet, below /station/."""

from django.urls import URLPattern, URLResolver

app_name = "station"

urlpatterns: list[URLPattern | URLResolver] = []
