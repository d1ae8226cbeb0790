"""Pages of the yard, included into the station's."""

from django.urls import URLPattern, path

from rentals.yard.views import bays, photos, queue, tickets, transfers

urlpatterns: list[URLPattern] = [
    path("vehicles/queue/", queue.vehicle_queue, name="vehicle-queue"),
    path("vehicles/<str:code>/plug/", queue.vehicle_plug, name="vehicle-plug"),
    path("vehicles/<str:code>/unplug/", queue.vehicle_unplug, name="vehicle-unplug"),
    path("bays/", bays.bay_map, name="bay-map"),
    path("bays/park/", bays.bay_park, name="bay-park"),
    path("bays/leave/", bays.bay_leave, name="bay-leave"),
    path("transfers/", transfers.transfer_list, name="transfer-list"),
    path("transfers/new/", transfers.transfer_new, name="transfer-new"),
    path("transfers/photos/<int:photo_id>/", photos.transfer_photo, name="transfer-photo"),
    path("transfers/<str:code>/", transfers.transfer_detail, name="transfer-detail"),
    path("transfers/<str:code>/<slug:step>/", transfers.transfer_step, name="transfer-step"),
    path("jobs/", tickets.job_list, name="job-list"),
    path("tickets/", tickets.ticket_list, name="ticket-list"),
    path("tickets/new/", tickets.ticket_new, name="ticket-new"),
    path("tickets/photos/<int:photo_id>/", photos.ticket_photo, name="ticket-photo"),
    path("tickets/<str:code>/", tickets.ticket_detail, name="ticket-detail"),
    path("tickets/<str:code>/<slug:step>/", tickets.ticket_step, name="ticket-step"),
]
