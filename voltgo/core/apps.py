"""The kernel as a Django app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "voltgo.core"
    label = "core"
    verbose_name = "VoltGo"
