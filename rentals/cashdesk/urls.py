"""Pages of the drawer; included by the station's, in its namespace."""

from django.urls import URLPattern, path

from rentals.cashdesk.views import drawer, slips, takings

urlpatterns: list[URLPattern] = [
    path("", drawer.drawer, name="cash"),
    path("open/", drawer.drawer_open, name="cash-open"),
    path("count/", drawer.drawer_count, name="cash-count"),
    path("close/", drawer.drawer_close, name="cash-close"),
    path("float/", takings.float_in, name="cash-float"),
    path("drop/", takings.drop, name="cash-drop"),
    path("take/", takings.booking_find, name="cash-find"),
    path("bookings/<str:code>/", takings.booking_money, name="cash-booking"),
    path("bookings/<str:code>/take/<uuid:intent_id>/", takings.payment_take, name="cash-take"),
    path("bookings/<str:code>/refunds/<uuid:refund_id>/", takings.refund_pay, name="cash-refund"),
    path("slips/<int:movement_id>/", slips.slip, name="cash-slip"),
    path("slips/<int:movement_id>/pdf/", slips.slip_pdf, name="cash-slip-pdf"),
    path("slips/<int:movement_id>/mail/", slips.slip_mail, name="cash-slip-mail"),
    path("sessions/", drawer.session_list, name="cash-sessions"),
    path("sessions/<uuid:session_id>/", drawer.session_detail, name="cash-session"),
    path("sessions/<uuid:session_id>/confirm/", drawer.difference_confirm, name="cash-confirm"),
]
