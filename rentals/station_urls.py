"""Pages of the station tablet, below /station/."""

from django.urls import URLPattern, URLResolver, include, path

from rentals.calendars import views as calendars
from rentals.handovers.views import (
    board,
    deposits,
    papers,
    photos,
    pickup,
    renter_papers,
    returns,
    signing,
    vehicles,
    walk_in,
)
from rentals.incidents.views import cases, no_shows, out_of_service

app_name = "station"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", board.board, name="board"),
    path("choose/", board.station_choose, name="station-choose"),
    path("scan/", board.scan, name="scan"),
    # Somebody walked in.
    path("walk-in/", walk_in.walk_in, name="walk-in"),
    path("walk-in/new/", walk_in.walk_in_new, name="walk-in-new"),
    path("walk-in/renters/<str:public_id>/", walk_in.walk_in_choose, name="walk-in-choose"),
    path("walk-in/bookings/<str:code>/", walk_in.walk_in_booking, name="walk-in-booking"),
    # Papers: of whoever stands at the counter, and the supervisors' queue.
    path("renters/<str:public_id>/papers/", renter_papers.renter_papers, name="renter-papers"),
    path("renters/<str:public_id>/papers/status/", renter_papers.renter_papers_status, name="renter-status"),
    path("renters/<str:public_id>/papers/consent/", renter_papers.renter_consent, name="renter-consent"),
    path("renters/<str:public_id>/papers/face/", renter_papers.renter_face, name="renter-face"),
    path(
        "renters/<str:public_id>/papers/<slug:kind>/",
        renter_papers.renter_paper_capture,
        name="renter-capture",
    ),
    path("papers/", papers.paper_queue, name="paper-queue"),
    path("papers/next/", papers.paper_next, name="paper-next"),
    path("papers/<int:document_id>/", papers.paper_review, name="paper-review"),
    path("papers/<int:document_id>/review/<slug:side>/", papers.paper_image, name="paper-image"),
    path("papers/<int:document_id>/<slug:side>/", papers.renter_paper_image, name="renter-paper-image"),
    path("bookings/<str:code>/", board.booking_detail, name="booking-detail"),
    path("bookings/<str:code>/handover/", board.handover_open, name="handover-open"),
    path("bookings/<str:code>/return/", board.return_open, name="return-open"),
    # The deposit before pickup.
    path("bookings/<str:code>/deposit/", deposits.deposit, name="deposit"),
    path("bookings/<str:code>/deposit/place/", deposits.deposit_place, name="deposit-place"),
    path("bookings/<str:code>/deposit/ask/", deposits.deposit_ask, name="deposit-ask"),
    # Renters who do not come.
    path("bookings/<str:code>/no-show/", no_shows.no_show, name="no-show"),
    path("bookings/<str:code>/wait/", no_shows.no_show_wait, name="no-show-wait"),
    # What went wrong.
    path("incidents/", cases.incident_list, name="incident-list"),
    path("incidents/new/", cases.incident_report, name="incident-report"),
    path("incidents/<str:code>/", cases.incident_detail, name="incident-detail"),
    path("incidents/<str:code>/<slug:step>/", cases.incident_step, name="incident-step"),
    # The guided handover.
    path("handovers/<str:code>/", pickup.handover_detail, name="handover-detail"),
    path("handovers/<str:code>/papers/", pickup.handover_papers, name="handover-papers"),
    path(
        "handovers/<str:code>/papers/<int:document_id>/<str:side>/",
        pickup.paper_image,
        name="handover-paper-image",
    ),
    path("handovers/<str:code>/checklist/", pickup.handover_checklist, name="handover-checklist"),
    path("handovers/<str:code>/photos/", pickup.handover_photos, name="handover-photos"),
    path("handovers/<str:code>/readings/", pickup.handover_readings, name="handover-readings"),
    path("handovers/<str:code>/damage/", pickup.handover_damage, name="handover-damage"),
    path(
        "handovers/<str:code>/damage/<int:mark_id>/remove/",
        pickup.handover_damage_remove,
        name="handover-damage-remove",
    ),
    path("handovers/<str:code>/complete/", pickup.handover_complete, name="handover-complete"),
    path("handovers/<str:code>/reopen/", pickup.handover_reopen, name="handover-reopen"),
    path("handovers/<str:code>/render/", signing.handover_render, name="handover-render"),
    path("handovers/<str:code>/contract/", signing.handover_contract, name="handover-contract"),
    path("handovers/<str:code>/contract/signed/", signing.handover_signed, name="handover-signed"),
    path("handovers/<str:code>/keys/", pickup.handover_keys, name="handover-keys"),
    path("handovers/<str:code>/swap/", pickup.handover_swap, name="handover-swap"),
    path("handovers/<str:code>/abort/", pickup.handover_abort, name="handover-abort"),
    # The guided return.
    path("returns/<str:code>/", returns.return_detail, name="return-detail"),
    path("returns/<str:code>/arrival/", returns.return_arrival, name="return-arrival"),
    path("returns/<str:code>/photos/", returns.return_photos, name="return-photos"),
    path("returns/<str:code>/readings/", returns.return_readings, name="return-readings"),
    path("returns/<str:code>/damage/", returns.return_damage, name="return-damage"),
    path(
        "returns/<str:code>/damage/<int:mark_id>/remove/",
        returns.return_damage_remove,
        name="return-damage-remove",
    ),
    path("returns/<str:code>/charges/", returns.return_charges, name="return-charges"),
    path("returns/<str:code>/acceptance/", returns.return_acceptance, name="return-acceptance"),
    path("returns/<str:code>/done/", returns.return_done, name="return-done"),
    path("returns/<str:code>/cancel/", returns.return_cancel, name="return-cancel"),
    # What tablets send, and what of it waits for a person.
    path("", include("rentals.sync.urls")),
    # The cash drawer.
    path("cash/", include("rentals.cashdesk.urls")),
    # The day that the tablet fails too.
    path("paper/", include("rentals.paper.urls")),
    # The tablet app.
    path("", include("rentals.tablet.urls")),
    # The yard: queue, bays, transfers, tickets, jobs.
    path("", include("rentals.yard.urls")),
    # Vehicles.
    path("vehicles/", vehicles.vehicle_list, name="vehicle-list"),
    path("vehicles/<str:code>/prepare/", vehicles.vehicle_prepare, name="vehicle-prepare"),
    path("vehicles/<str:code>/maintenance/", out_of_service.vehicle_maintenance, name="vehicle-maintenance"),
    path("vehicles/<str:code>/unready/", vehicles.vehicle_unready, name="vehicle-unready"),
    path("vehicles/<str:code>/calendar/", calendars.vehicle_calendar, name="vehicle-calendar"),
    # Tablets, and the people who unlock them.
    path("", include("rentals.tablet.people_urls")),
    # Pictures; renters and operators see them too.
    path("photos/<int:photo_id>/", photos.inspection_photo, name="inspection-photo"),
    path("damages/<int:mark_id>/photo/", photos.damage_photo, name="damage-photo"),
]
