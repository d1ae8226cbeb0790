"""The kernel as a Django app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "voltgo.core"
    label = "core"
    verbose_name = "VoltGo"

    def ready(self) -> None:
        from voltgo.core.sealing import checks  # noqa: F401 (importing it registers the checks)
