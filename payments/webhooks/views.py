"""The addresses that providers call."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from payments.intents.addresses import client_address
from payments.webhooks import services

# What may help to understand a message later, and carries no cookie and no credential.
KEPT_HEADERS = ("User-Agent", "Content-Type", "X-Request-ID", "X-Forwarded-For")


@csrf_exempt
@never_cache
@require_GET
def vnpay_ipn(request: HttpRequest) -> HttpResponse:
    """Answer VNPay's notification; the signature stands for the sender."""
    return services.receive(
        provider="vnpay",
        parameters=request.GET.dict(),
        raw=request.META.get("QUERY_STRING", ""),
        headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
        address=client_address(request),
    )
