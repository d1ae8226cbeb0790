"""The addresses that providers call."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from payments.gateways import registry
from payments.gateways.base import Incoming
from payments.intents.addresses import client_address
from payments.webhooks import services

# What may help to understand a message later, and carries no cookie and no credential.
KEPT_HEADERS = ("User-Agent", "Content-Type", "X-Request-ID", "X-Forwarded-For", "Stripe-Signature")
LARGEST_BODY = 200_000


@csrf_exempt
@never_cache
@require_GET
def vnpay_ipn(request: HttpRequest) -> HttpResponse:
    """Answer VNPay's notification; the signature stands for the sender."""
    return services.receive(
        provider="vnpay",
        message=Incoming(query=request.GET.dict(), headers=_headers(request)),
        address=client_address(request),
    )


@csrf_exempt
@never_cache
@require_POST
def notification(request: HttpRequest, provider: str) -> HttpResponse:
    """Answer a provider that posts; the signature over the body stands for the sender."""
    if provider == "vnpay" or not registry.has(provider):
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return HttpResponse(status=413)
    return services.receive(
        provider=provider,
        message=Incoming(query=request.GET.dict(), body=request.body, headers=_headers(request)),
        address=client_address(request),
    )


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
