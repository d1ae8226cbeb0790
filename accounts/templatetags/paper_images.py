"""Signed addresses of pictures of papers, for templates."""

from typing import Any

from django import template

from accounts.kyc.image_links import image_url
from accounts.kyc.models import IdentityDocument

register = template.Library()


@register.simple_tag(takes_context=True)
def paper_image_url(
    context: dict[str, Any], document: IdentityDocument, side: str, purpose: str, address: str = ""
) -> str:
    """Return where the one who reads this page may look at one side, for the next two minutes."""
    return image_url(document, side, context["request"].user, purpose, address=address)
