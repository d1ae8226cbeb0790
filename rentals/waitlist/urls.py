"""Addresses of the waitlist, of favourites and of booking again; part of the namespace `rentals`."""

from django.urls import path

from rentals.waitlist import views

urlpatterns = [
    path("waitlist/", views.waitlist, name="waitlist"),
    path("waitlist/join/", views.waitlist_join, name="waitlist-join"),
    path("waitlist/<str:code>/withdraw/", views.waitlist_withdraw, name="waitlist-withdraw"),
    path("favourites/", views.favourite_list, name="favourite-list"),
    path("favourites/<str:kind>/<str:slug>/", views.favourite_change, name="favourite-change"),
    path("bookings/<str:code>/again/", views.booking_again, name="booking-again"),
]
