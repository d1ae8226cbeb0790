"""Public and renter pages."""

from django.urls import URLPattern, URLResolver

app_name = "rentals"

urlpatterns: list[URLPattern | URLResolver] = []
