"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the caller's address; the proxies that we run ourselves are believed, nobody else."""
    proxies = int(str(settings.REST_FRAMEWORK.get("NUM_PROXIES") or 0))
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    text = (
        forwarded[-min(proxies, len(forwarded))]
        if proxies and forwarded
        else request.META.get("REMOTE_ADDR", "")
    )
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
