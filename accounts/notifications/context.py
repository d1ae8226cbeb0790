"""What every page may show of a person's messages."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from accounts.notifications.selectors import unread_count


def unread(request: HttpRequest) -> dict[str, Any]:
    """Offer the number of unread messages; it is looked up once, and only where a template asks."""
    return {"unread_messages": cache(partial(_count, request))}


def _count(request: HttpRequest) -> int:
    # An error page may come from below the sign-in.
    user: Any = getattr(request, "user", None)
    return unread_count(user) if user and user.is_authenticated else 0
