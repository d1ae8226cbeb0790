"""Sign-in of the mobile app by the bearer token of its device."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.users.models import ApiToken, User
from accounts.users.tokens import find_token

SCHEME = b"bearer"


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <token>`; `request.auth` is the token's row."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME:
            return None
        if len(words) != 2:
            raise AuthenticationFailed
        token = find_token(words[1].decode("ascii", "replace"))
        if token is None:
            raise AuthenticationFailed
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="voltgo"'
