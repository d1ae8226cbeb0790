"""The accounts app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Người dùng")

    def ready(self) -> None:
        """Register the handlers of promised jobs: the web process promises, so it must know them too."""
        from accounts import tasks  # noqa: F401
