"""The heart of a favourite, and periods as hidden inputs, for templates."""

from typing import Any

from django import template
from django.template.context import Context

from accounts.users.models import User
from rentals.bookings import periods
from rentals.waitlist.favourites import Thing, is_favourite, kind_of, slug_of
from voltgo.core.clock import Period

register = template.Library()


@register.inclusion_tag("rentals/favourites/_button.html", takes_context=True)
def favourite_button(context: Context, thing: Thing) -> dict[str, Any]:
    """Draw the heart of a station, a model or a vehicle; one query, and only for who is signed in."""
    request = context["request"]
    renter = request.user if isinstance(request.user, User) else None
    return {
        "kind": kind_of(thing),
        "slug": slug_of(thing),
        "thing": thing,
        "is_signed_in": renter is not None,
        "is_liked": renter is not None and is_favourite(renter, thing),
        "back": request.get_full_path() if request.method == "GET" else "",
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def period_values(period: Period | None) -> dict[str, str]:
    """Return a period as the fields of the search form."""
    return periods.as_values(period) if period else {}


@register.filter
def period_query(period: Period | None) -> str:
    """Return a period as a query string."""
    return periods.as_query(period) if period else ""
