"""Addresses of the renter's API."""

from django.urls import path

from rentals.bookings.api import views

urlpatterns = [
    path("stations", views.StationSearch.as_view(), name="api-station-search"),
    path("quotes", views.QuoteCreate.as_view(), name="api-quote-create"),
    path("quotes/<uuid:quote_id>", views.QuoteDetail.as_view(), name="api-quote-detail"),
    path("bookings", views.BookingList.as_view(), name="api-booking-list"),
    path("bookings/<str:code>", views.BookingDetail.as_view(), name="api-booking-detail"),
    path("bookings/<str:code>/payment", views.BookingPayment.as_view(), name="api-booking-payment"),
    path(
        "bookings/<str:code>/cancellation",
        views.BookingCancellation.as_view(),
        name="api-booking-cancellation",
    ),
]
