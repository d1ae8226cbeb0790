"""The composition as a Django app: it has no tables, only system checks."""

from django.apps import AppConfig


class VoltGoConfig(AppConfig):
    name = "voltgo"
    label = "voltgo"
    verbose_name = "VoltGo"

    def ready(self) -> None:
        from voltgo import checks  # noqa: F401 (importing it registers the checks)
