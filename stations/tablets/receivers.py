"""What tablets make of a full sign-in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from stations.tablets.access import ACTIVE_KEY, PIN_KEY, TABLET_KEY


def on_user_logged_in(sender: Any, request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Let a full sign-in count as one, also in a session that a PIN began.

    `access.sign_in` says afterwards that its own was by PIN.
    """
    if request is not None:
        for name in (PIN_KEY, TABLET_KEY, ACTIVE_KEY):
            request.session.pop(name, None)


def connect() -> None:
    """Hear of sign-ins; called once when the app is ready."""
    user_logged_in.connect(on_user_logged_in, dispatch_uid="stations.tablets.user_logged_in")
