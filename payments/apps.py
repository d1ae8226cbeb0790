"""The payments app."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = pgettext_lazy("số nhiều", "Thanh toán")

    def ready(self) -> None:
        # Registers the outbox handlers and the Celery tasks.
        from payments import tasks  # noqa: F401
        from payments.intents import receivers

        receivers.connect()
