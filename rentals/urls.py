"""Public and renter pages."""

from django.urls import include, path

from rentals.bookings import views as bookings
from rentals.trips import invoice_views as invoices
from rentals.trips import views as trips

app_name = "rentals"

urlpatterns = [
    path("stations/", bookings.station_list, name="station-list"),
    path("stations/<slug:slug>/", bookings.station_detail, name="station-detail"),
    path("stations/<slug:slug>/models/<slug:model_slug>/", bookings.model_detail, name="model-detail"),
    path("vehicles/<str:code>/", bookings.vehicle_detail, name="vehicle-detail"),
    path("quotes/", bookings.quote_create, name="quote-create"),
    path("quotes/<uuid:quote_id>/", bookings.quote_detail, name="quote-detail"),
    path("quotes/<uuid:quote_id>/options/", bookings.quote_options, name="quote-options"),
    path("quotes/<uuid:quote_id>/hold/", bookings.booking_hold, name="booking-hold"),
    path("start/", trips.start, name="start"),
    path("bookings/", trips.booking_list, name="booking-list"),
    path("bookings/<str:code>/", trips.booking_detail, name="booking-detail"),
    path("bookings/<str:code>/cancel/", trips.booking_cancel, name="booking-cancel"),
    path("bookings/<str:code>/invoice/", invoices.booking_invoice, name="booking-invoice"),
    path("bookings/<str:code>/settlement/accept/", trips.settlement_accept, name="settlement-accept"),
    path("bookings/<str:code>/settlement/dispute/", trips.settlement_dispute, name="settlement-dispute"),
    path("", include("rentals.changes.urls")),
    path("", include("rentals.drivers.urls")),
    path("", include("rentals.contracts.urls")),
    path("", include("rentals.fines.urls")),
    path("", include("rentals.waitlist.urls")),
    path("", include("rentals.calendars.urls")),
]
