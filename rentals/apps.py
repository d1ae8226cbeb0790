"""The rentals app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RentalsConfig(AppConfig):
    name = "rentals"
    verbose_name = _("Thuê xe")

    def ready(self) -> None:
        """Register the handlers of promised jobs, connect what money and bookings set in motion, name the tablet app."""
        from rentals import tasks  # noqa: F401
        from rentals.bookings import receivers as bookings
        from rentals.cashdesk import receivers as cashdesk
        from rentals.changes import receivers as changes
        from rentals.contracts import receivers as contracts
        from rentals.fines import receivers as fines
        from rentals.handovers import receivers as handovers
        from rentals.incidents import receivers as incidents
        from rentals.sync import app_version
        from rentals.tablet import assets
        from rentals.waitlist import receivers as waitlist

        bookings.connect()
        contracts.connect()
        changes.connect()
        handovers.connect()
        cashdesk.connect()
        incidents.connect()
        fines.connect()
        waitlist.connect()
        # Areas below the app tell tablets which version this server has.
        app_version.register(assets.version)
