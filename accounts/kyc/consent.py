"""What a person has agreed to, purpose by purpose: the one place to ask, to give and to take back."""

from accounts.kyc.consent_texts import REQUIRED, TEXTS, VERSION, VERSIONS, offered, text_hash
from accounts.kyc.models import Consent
from accounts.kyc.retention import ENDED_IMAGES_DAYS as IMAGES_KEPT_DAYS
from accounts.kyc.services.consenting import give, withdraw
from accounts.users.models import User

__all__ = [
    "IMAGES_KEPT_DAYS",
    "REQUIRED",
    "TEXTS",
    "VERSION",
    "VERSIONS",
    "consents_of",
    "give",
    "in_force",
    "is_withdrawn",
    "offered",
    "text_hash",
    "withdraw",
]


def in_force(user: User, purpose: str) -> bool:
    """Say whether somebody agrees to a purpose now, and to its present words."""
    return Consent.objects.filter(
        user=user, purpose=purpose, version=VERSIONS[purpose], withdrawn_at=None
    ).exists()


def is_withdrawn(user: User, purpose: str) -> bool:
    """Say whether somebody took their agreement back and has not given it again; newer words do not count as that."""
    last = Consent.objects.filter(user=user, purpose=purpose).order_by("pk").last()
    return last is not None and last.withdrawn_at is not None


def consents_of(user: User) -> list[Consent]:
    """Return everything somebody ever agreed to, newest first."""
    return list(Consent.objects.filter(user=user).order_by("-given_at", "-pk"))
