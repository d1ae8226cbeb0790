"""The stations app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StationsConfig(AppConfig):
    name = "stations"
    verbose_name = _("Trạm và xe")

    def ready(self) -> None:
        """Connect what areas have to say about vehicles, and hear of them."""
        from stations.charging_queue import receivers as charging_queue
        from stations.maintenance import gates as maintenance
        from stations.tablets import receivers as tablets

        maintenance.connect()
        charging_queue.connect()
        tablets.connect()
