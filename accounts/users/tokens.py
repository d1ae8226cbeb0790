"""Bearer tokens of mobile devices: one per device, shown once, kept as a hash, gone after 30 idle days."""

import hashlib
import secrets
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts.users.errors import (
    SecondFactorRequired,
    SecondFactorWrong,
    SignInFailed,
    TooManySignIns,
)
from accounts.users.models import ApiToken, User
from voltgo.core import clock
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit

LIFETIME = timedelta(days=30)
# A busy device writes its row once in this time, not at every request.
NOTE_USE_EVERY = timedelta(minutes=10)
TOKEN_BYTES = 32
SECOND_FACTORS: dict[str, type[TOTP | RecoveryCodes]] = {
    Authenticator.Type.TOTP: TOTP,
    Authenticator.Type.RECOVERY_CODES: RecoveryCodes,
}


def digest_of(secret: str) -> str:
    """Return what is stored of a token; it has enough randomness for a plain hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_token(
    *, request: HttpRequest, email: str, password: str, device: str = "", code: str = ""
) -> tuple[str, ApiToken]:
    """Sign a device in and return its token, readable this once, and its row.

    Counts failures with the site's own sign-in, by address and by account; `request` is needed for that alone.
    Whoever has a second factor gives its code, or one of the recovery codes.

    Raises:
        TooManySignIns: too many failures from this address or for this account.
        SignInFailed: wrong email or password, or a deactivated account.
        SecondFactorRequired: `code` is missing.
        SecondFactorWrong: `code` is wrong or was used before.
    """
    try:
        user = get_adapter().authenticate(request, email=email.strip().lower(), password=password)
    except ValidationError as error:
        raise TooManySignIns from error
    if not isinstance(user, User) or not user.is_active:
        raise SignInFailed
    if is_mfa_enabled(user):
        _check_second_factor(request, user, code)
    return _new_token(user, device)


@transaction.atomic
def _new_token(user: User, device: str) -> tuple[str, ApiToken]:
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken.objects.create(
        user=user, digest=digest_of(secret), device=device[:120], expires_at=clock.now() + LIFETIME
    )
    by = Actor(ActorKind.RENTER, user.public_id, user.full_name)
    audit.record("token.issued", f"user:{user.public_id}", by=by, token=token.pk, device=token.device)
    return secret, token


def _check_second_factor(request: HttpRequest, user: User, code: str) -> None:
    code = code.replace(" ", "")
    if not code:
        raise SecondFactorRequired
    # Counted like a failed password, under a key of its own: six digits are soon guessed.
    if not ratelimit.consume(request, action="login_failed", key=f"second-factor:{user.public_id}"):
        raise TooManySignIns
    for authenticator in Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS):
        if SECOND_FACTORS[authenticator.type](authenticator).validate_code(code):
            authenticator.record_usage()
            return
    raise SecondFactorWrong


def find_token(secret: str) -> ApiToken | None:
    """Return the valid token with its user, and note its use; None when it is unknown, old, revoked or barred.

    Each use, noted at most every ten minutes, gives it 30 days more.
    """
    now = clock.now()
    valid = ApiToken.objects.select_related("user").filter(
        revoked_at=None, expires_at__gt=now, user__is_active=True
    )
    token = valid.filter(digest=digest_of(secret)).first()
    if token is None:
        return None
    if token.last_used_at is None or token.last_used_at < now - NOTE_USE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, expires_at=now + LIFETIME)
    return token


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor, reason: str = "") -> ApiToken:
    """Sign a device out; calling it again changes nothing."""
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now())
    if revoked:
        audit.record(
            "token.revoked",
            f"user:{token.user.public_id}",
            by=by,
            reason=reason,
            token=token.pk,
            device=token.device,
        )
    token.refresh_from_db(fields=["revoked_at"])
    return token


@transaction.atomic
def revoke_tokens_of(*, user: User, by: Actor, reason: str = "") -> int:
    """Sign every device of a person out, e.g. after their password was changed; return how many."""
    tokens = list(user.api_tokens.filter(revoked_at=None))
    for token in tokens:
        revoke_token(token=token, by=by, reason=reason)
    return len(tokens)
