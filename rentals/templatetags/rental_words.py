"""Words about models and bookings, for templates."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from rentals.bookings import presentation
from stations.fleet.models import VehicleModel

register = template.Library()


@register.simple_tag
def model_details(model: VehicleModel) -> str:
    """Return a model's seats, range and licence in one line."""
    return f"{presentation.summary_of(model)} · {presentation.licence_of(model)}"


@register.simple_tag
def booking_steps() -> list[dict[str, Any]]:
    """Return the steps from the search to the payment."""
    return [
        {"label": _("Tìm trạm"), "href": reverse("rentals:station-list")},
        {"label": _("Chọn xe")},
        {"label": _("Xem giá")},
        {"label": _("Thanh toán")},
    ]
