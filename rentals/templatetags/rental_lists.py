"""The heart of a favourite, and periods as hidden inputs, for templates."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.urls import reverse

from accounts.users.models import User
from rentals.bookings import periods
from rentals.waitlist.favourites import Thing, is_favourite, kind_of, name_of, slug_of
from stations.fleet.models import VehicleModel
from stations.network.models import Station
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
        "name": name_of(thing),
        "is_signed_in": renter is not None,
        "is_liked": renter is not None and is_favourite(renter, thing),
        "back": request.get_full_path() if request.method == "GET" else "",
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def period_inputs(period: Period | None) -> list[tuple[str, str]]:
    """Return a period as the names and values of the search form's fields."""
    return list(periods.as_values(period).items()) if period else []


@register.simple_tag
def waitlist_url(
    station: Station | None = None, model: VehicleModel | None = None, period: Period | None = None
) -> str:
    """Return the page that asks to wait, with as much filled in as is known."""
    chosen: dict[str, str] = {}
    if station is not None:
        chosen["station"] = station.slug
    if model is not None:
        chosen["model"] = model.slug
    if period is not None:
        chosen |= periods.as_values(period)
    return f"{reverse('rentals:waitlist-join')}?{urlencode(chosen)}"
