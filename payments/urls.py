"""Pages of the payer and addresses that providers call."""

from django.urls import URLPattern

app_name = "payments"

urlpatterns: list[URLPattern] = []
