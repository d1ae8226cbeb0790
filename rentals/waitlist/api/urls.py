"""Addresses of the waitlist and of favourites in the API."""

from django.urls import path

from rentals.waitlist.api import views

urlpatterns = [
    path("waitlist", views.Waitlist.as_view(), name="api-waitlist"),
    path(
        "waitlist/<str:code>/withdrawal",
        views.WaitlistWithdrawal.as_view(),
        name="api-waitlist-withdrawal",
    ),
    path("favourites", views.Favourites.as_view(), name="api-favourites"),
    path("favourites/<str:kind>/<str:slug>", views.FavouriteRemoval.as_view(), name="api-favourite-removal"),
]
