"""Sign-in of the API by the browser's session."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's session sign-in with CSRF enforced, which answers 401 instead of 403 to a stranger.

    A tablet whose session has ended must be able to tell "sign in again" from "you may not".
    """

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="voltgo"'
