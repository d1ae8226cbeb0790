"""The payments app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Thanh toán")

    def ready(self) -> None:
        # Registers the outbox handlers and the Celery tasks.
        from payments import tasks  # noqa: F401
