"""What every page may show of a person's messages."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from accounts.notifications.selectors import unread_count


def unread(request: HttpRequest) -> dict[str, Any]:
    """Offer the number of unread messages; it is looked up once, and only where a template asks."""
    # An error page may come from below the sign-in.
    user: Any = getattr(request, "user", None)
    is_known = bool(user and user.is_authenticated)
    return {"unread_messages": cache(partial(unread_count, user)) if is_known else 0}
