"""Addresses below /account/ that are ours; django-allauth adds its own."""

from django.urls import URLPattern, URLResolver

app_name = "accounts"

urlpatterns: list[URLPattern | URLResolver] = []
