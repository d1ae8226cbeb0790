"""System checks: what must not reach production, said at start and by `manage.py check`."""

import base64
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as Caution

from voltgo.payment_checks import LOOPBACK, MARK_OF_INVENTED_SECRETS, payments_are_real

READERS = ("local", "textract", "none")
FACE_ENGINES = ("", "rekognition", "dlib")
LOCAL_KEYS = "local"
SIGNING_KEY_BYTES = 32
KMS_KEY = re.compile(
    r"arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)/[\w/-]+|alias/[\w/-]+|(mrk-)?[0-9a-f-]{32,36}"
)
# In seconds: a page must be able to load its pictures, and an address must not outlive the visit.
SHORTEST_LINK, LONGEST_LINK = 10, 900


@register("voltgo")
def production_is_safe(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse what only a laptop may have."""
    if not settings.IS_PRODUCTION:
        return []
    return [*_secrets(), *_keys(), *_addresses(), *payments_are_real(), *_modes(), *_channels()]


@register("voltgo")
def readers_are_known(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse settings of readers and of keys that would be noticed only when somebody's paper is there."""
    found: list[CheckMessage] = []
    for name, known in {"KYC_READER": READERS, "KYC_FACE_ENGINE": FACE_ENGINES}.items():
        value = getattr(settings, name)
        if value not in known:
            words = ", ".join(word or "(empty)" for word in known)
            found.append(Error(f"{name}={value!r} is none of: {words}.", id="voltgo.E014"))
    if not 0 < settings.KYC_FACE_UNSURE < settings.KYC_FACE_SAME <= 100:
        found.append(
            Error(
                "KYC_FACE_UNSURE and KYC_FACE_SAME are not two percentages, the smaller first.",
                hint="A person decides between them: 80 and 90.",
                id="voltgo.E015",
            )
        )
    found += [
        Error(
            "DATA_KEY_PROVIDER or DATA_KEY_FORMER names what is no KMS key.",
            hint="Write local, alias/…, arn:aws:kms:… or a key's id.",
            id="voltgo.E016",
        )
        for key in (settings.DATA_KEY_PROVIDER, *settings.DATA_KEY_FORMER)
        if key != LOCAL_KEYS and not KMS_KEY.fullmatch(key)
    ]
    if not SHORTEST_LINK <= settings.IMAGE_LINK_SECONDS <= LONGEST_LINK:
        found.append(
            Error(
                f"IMAGE_LINK_SECONDS is not between {SHORTEST_LINK} and {LONGEST_LINK}.",
                hint="A page loads its pictures at once: 120.",
                id="voltgo.E017",
            )
        )
    return found


def _keys() -> list[CheckMessage]:
    """Say where the keys of pictures of papers lie, and refuse a stand-in of AWS."""
    found: list[CheckMessage] = []
    if settings.DATA_KEY_PROVIDER == LOCAL_KEYS:
        found.append(
            Caution(
                "The keys of pictures of papers are kept by every process, beside DATA_ENCRYPTION_KEYS.",
                hint="Set DATA_KEY_PROVIDER to a KMS key: then each use is on record and can be revoked.",
                id="voltgo.W012",
            )
        )
    for service, address in settings.AWS["ENDPOINTS"].items():
        parts = urlsplit(address)
        if address and (parts.scheme != "https" or (parts.hostname or "") in LOOPBACK):
            found.append(
                Error(
                    f"AWS_{service.upper()}_ENDPOINT_URL points to a stand-in.",
                    hint="Unset it, or name a private endpoint by https.",
                    id="voltgo.E013",
                )
            )
    return found


@register("voltgo")
def tablet_keys_are_keys(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a key of tablets that would be noticed only when one asks for its snapshot."""
    if all(_is_signing_key(key) for key in settings.TABLET_SIGNING_KEY):
        return []
    hint = "Make each with secrets.token_bytes(32)."
    return [Error("TABLET_SIGNING_KEY is not 32 bytes in base64.", hint=hint, id="voltgo.E040")]


def _is_signing_key(written: str) -> bool:
    try:
        return len(base64.b64decode(written, altchars=b"-_", validate=True)) == SIGNING_KEY_BYTES
    except ValueError:
        return False


def _secrets() -> list[CheckMessage]:
    held = {
        "SECRET_KEY": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        "DATA_ENCRYPTION_KEYS": settings.DATA_ENCRYPTION_KEYS,
        "NUMBER_HASH_KEY": [settings.NUMBER_HASH_KEY],
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
        elif any(len(value) < 32 for value in values):
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
