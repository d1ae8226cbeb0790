"""System checks: what must not reach production, said at start and by `manage.py check`."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as Caution

MARK_OF_INVENTED_SECRETS = "-not-a-secret"
LOOPBACK = {"127.0.0.1", "localhost", "::1", "0.0.0.0", ""}  # noqa: S104 (compared, never bound)


@register("voltgo")
def production_is_safe(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse what only a laptop may have."""
    if not settings.IS_PRODUCTION:
        return []
    return [*_secrets(), *_addresses(), *_modes(), *_channels()]


def _secrets() -> list[CheckMessage]:
    held = {
        "SECRET_KEY": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        "DATA_ENCRYPTION_KEYS": settings.DATA_ENCRYPTION_KEYS,
        "NUMBER_HASH_KEY": [settings.NUMBER_HASH_KEY],
        "VNPAY_HASH_SECRET": [settings.VNPAY["HASH_SECRET"]],
    }
    found: list[CheckMessage] = []
    for name, values in held.items():
        if any(MARK_OF_INVENTED_SECRETS in value for value in values):
            found.append(
                Error(
                    f"{name} is the invented value of a laptop.",
                    hint="Set a secret of your own.",
                    id="voltgo.E001",
                )
            )
        elif any(len(value) < 32 for value in values) and name != "VNPAY_HASH_SECRET":
            found.append(
                Error(
                    f"{name} is shorter than 32 characters.", hint="Use a long random text.", id="voltgo.E002"
                )
            )
    return found


def _addresses() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if urlsplit(settings.SITE_URL).scheme != "https":
        found.append(
            Error("SITE_URL does not start with https://.", hint="Set the public address.", id="voltgo.E003")
        )
    for name in ("PAY_URL", "API_URL"):
        parts = urlsplit(settings.VNPAY[name])
        if (
            parts.scheme != "https"
            or (parts.hostname or "") in LOOPBACK
            or "sandbox" in (parts.hostname or "")
        ):
            found.append(
                Error(
                    f"VNPAY_{name} points to a sandbox.",
                    hint="Set VNPay's production address.",
                    id="voltgo.E004",
                )
            )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error("ALLOWED_HOSTS is empty or open to all.", hint="Name the site's hosts.", id="voltgo.E005")
        )
    return found


def _modes() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error("DEBUG is on: error pages would show settings.", hint="Unset DEBUG.", id="voltgo.E006")
        )
    if settings.CELERY_TASK_ALWAYS_EAGER:
        found.append(
            Error(
                "Jobs would run inside web requests.",
                hint="Unset CELERY_TASK_ALWAYS_EAGER.",
                id="voltgo.E007",
            )
        )
    if settings.EMAIL_BACKEND.endswith(
        (".filebased.EmailBackend", ".console.EmailBackend", ".dummy.EmailBackend")
    ):
        found.append(Error("Mail would not leave this machine.", hint="Set EMAIL_BACKEND.", id="voltgo.E008"))
    if not settings.MEDIA_BUCKET:
        found.append(
            Caution(
                "Documents would be kept on the disk of one web server.",
                hint="Set MEDIA_BUCKET.",
                id="voltgo.W009",
            )
        )
    return found


def _channels() -> list[CheckMessage]:
    """SMS and push: never into a file, and off only as somebody's visible decision."""
    found: list[CheckMessage] = []
    for name in ("NOTIFY_SMS_BACKEND", "NOTIFY_PUSH_BACKEND"):
        path = getattr(settings, name)
        if not path:
            found.append(
                Info(
                    f"{name} is empty: nothing leaves by this channel.",
                    hint="Name a provider when there is one.",
                    id="voltgo.I011",
                )
            )
        elif path.startswith("accounts.notifications.channels.files."):
            found.append(
                Error(
                    f"{name} would write messages to people into a file.",
                    hint="Name a provider, or leave it empty to switch the channel off.",
                    id="voltgo.E010",
                )
            )
    return found
