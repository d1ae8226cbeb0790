"""Sign-in of the mobile app by the bearer token of its device."""

import hashlib

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.users.models import ApiToken, User
from voltgo.core import clock


def digest_of(secret: str) -> str:
    """Return what is stored of a token; it has enough randomness for a plain hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed
        tokens = ApiToken.objects.select_related("user").filter(revoked_at=None, expires_at__gt=clock.now())
        token = tokens.filter(digest=digest_of(words[1].decode("ascii", "replace")), user__is_active=True).first()
        if token is None:
            raise AuthenticationFailed
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="voltgo"'
