"""System checks of the seal: a key that proves nothing, certificates that are missing, run out or another key's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.core.checks import Warning as Caution

from voltgo.core.sealing import development
from voltgo.core.sealing.errors import SealKeyAway, SealKeyUnfit
from voltgo.core.sealing.keys import DEVELOPMENT, KMS, NONE, PKCS11, get_key, read_certificates

SOON = timedelta(days=30)


@register("voltgo")
def seal_is_ours(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Judge the settings of the seal without asking anybody over the network."""
    setting = settings.SEAL_KEY
    if setting == NONE:
        return _without_seal()
    if setting == DEVELOPMENT:
        return [*_trial_key_in_production(), *_trial_key_that_does_not_fit()]
    if not setting.startswith((KMS, PKCS11)):
        return [
            Error(
                "SEAL_KEY is none of: kms:…, pkcs11:…, development, none.",
                hint="See .env.example.",
                id="voltgo.E020",
            )
        ]
    return _certificates()


@register("voltgo", deploy=True)
def seal_key_fits(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Let the remote key sign something, and compare with its certificate; only with `check --deploy`."""
    if not settings.SEAL_KEY.startswith((KMS, PKCS11)) or _certificates():
        return []
    try:
        get_key()
    except SealKeyUnfit as error:
        return [Error(f"SEAL_KEY cannot seal: {error}.", id="voltgo.E021")]
    except SealKeyAway as error:
        return [Caution(f"SEAL_KEY could not be tried out: {error}.", id="voltgo.W022")]
    return []


def _without_seal() -> list[CheckMessage]:
    if not settings.IS_PRODUCTION:
        return []
    return [
        Info(
            "SEAL_KEY is none: contracts carry no digital signature of the company.",
            hint="Name a key when there is one.",
            id="voltgo.I023",
        )
    ]


def _trial_key_in_production() -> list[CheckMessage]:
    if not settings.IS_PRODUCTION:
        return []
    return [
        Error(
            "Contracts would be sealed with a key that this machine made up.",
            hint="Set SEAL_KEY to kms:… or pkcs11:…, or to none.",
            id="voltgo.E024",
        )
    ]


def _trial_key_that_does_not_fit() -> list[CheckMessage]:
    folder = Path(settings.VAR_DIR) / "seal"
    if not (folder / development.CHAIN).exists():
        return []
    try:
        get_key()
    except (SealKeyUnfit, OSError, ValueError) as error:
        return [
            Error(
                f"The trial seal in {folder} cannot be used: {type(error).__name__}.",
                hint="Delete the folder; a new one is made at the next seal.",
                id="voltgo.E021",
            )
        ]
    return []


def _certificates() -> list[CheckMessage]:
    try:
        chain = read_certificates(Path(settings.SEAL_CERTIFICATES or "missing"))
        if settings.SEAL_FORMER_CERTIFICATES:
            read_certificates(Path(settings.SEAL_FORMER_CERTIFICATES))
    except SealKeyUnfit as error:
        return [
            Error(
                f"SEAL_CERTIFICATES or SEAL_FORMER_CERTIFICATES: {error}.",
                hint="Name a PEM file; the seal's own certificate stands first.",
                id="voltgo.E025",
            )
        ]
    until = chain[0].not_valid_after_utc
    now = datetime.now(UTC)
    if until < now:
        return [Error("The certificate of the seal has run out.", id="voltgo.E026")]
    if until < now + SOON:
        return [Caution(f"The certificate of the seal runs out on {until:%d/%m/%Y}.", id="voltgo.W027")]
    return []
