"""How long ago a person proved who they are in this session: signing for the company asks for it anew."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from accounts.users.models import User
from voltgo.core import clock

# Half a shift. A tablet stays signed in all day and goes from hand to hand.
WITHIN = timedelta(hours=4)
SESSION_KEY = "confirmed_at"
# Where allauth keeps how and when a session was signed in.
SIGN_INS = "account_authentication_methods"


def is_recent(request: HttpRequest) -> bool:
    """Say whether the person signed in, or gave their password again, within the last four hours."""
    proved = proved_at(request)
    return proved is not None and clock.now() - proved < WITHIN


def proved_at(request: HttpRequest) -> datetime | None:
    """Return when this session last saw a proof: a sign-in or a password given again."""
    stamps = [entry["at"] for entry in request.session.get(SIGN_INS, []) if entry.get("at")]
    stamps += [request.session[SESSION_KEY]] if SESSION_KEY in request.session else []
    if stamps:
        return datetime.fromtimestamp(max(stamps), tz=UTC)
    return getattr(request.user, "last_login", None)


def prove(request: HttpRequest, user: User, password: str) -> bool:
    """Take a password given again; remember it in the session if it is right. Callers limit the pace."""
    if not password or not user.check_password(password):
        return False
    request.session[SESSION_KEY] = clock.now().timestamp()
    return True
