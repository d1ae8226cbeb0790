"""Pages for changing a booking and extending a rental."""

from django.urls import path

from rentals.changes import views

urlpatterns = [
    path("bookings/<str:code>/change/", views.change_choose, name="change-choose"),
    path("bookings/<str:code>/extend/", views.extension_choose, name="extension-choose"),
    path("bookings/<str:code>/change/<uuid:quote_id>/", views.change_preview, name="change-preview"),
    path("bookings/<str:code>/changes/<str:change_code>/", views.change_detail, name="change-detail"),
    path(
        "bookings/<str:code>/changes/<str:change_code>/withdraw/",
        views.change_withdraw,
        name="change-withdraw",
    ),
]
