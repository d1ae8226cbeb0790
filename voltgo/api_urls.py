"""Every address below /api/v1/; each area adds its routes here in one line."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.api_urls")),
    path("", include("payments.wallet.api.urls")),
    path("", include("rentals.bookings.api.urls")),
    path("", include("rentals.waitlist.api.urls")),
    path("", include("rentals.changes.api.urls")),
    path("", include("rentals.fines.api.urls")),
]
