"""The payer's pages: what is to be paid, the way to the provider, and what came of it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access.actors import renter_actor
from payments.gateways import registry
from payments.gateways.base import FactKind, Transfer
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SignatureInvalid
from payments.intents import services
from payments.intents.addresses import client_address
from payments.intents.enums import IntentState
from payments.intents.models import PaymentAttempt, PaymentIntent
from payments.intents.presentation import (
    failure_words,
    payment_page,
    transfer_page,
    transfer_picture,
    unavailable_words,
)
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong
from voltgo.core.throttled import throttled

DETAIL = "payments/intents/detail.html"
RETURN = "payments/intents/return.html"
TRANSFER = "payments/intents/transfer.html"


@login_required
@never_cache
@require_safe
def intent_detail(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Show what is to be paid and how; afterwards, that it is paid."""
    intent = _own_intent(request, intent_id)
    page = payment_page(intent)
    # Display only, and anybody may write it: it says what the payer just did on the provider's page.
    has_cancelled = request.GET.get("cancelled") == "1" and page["is_undecided"]
    return render(request, DETAIL, {**page, "has_cancelled": has_cancelled})


@login_required
@throttled("payments")
@require_POST
def intent_start(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Send the payer to the provider that they chose, or to the transfer that is asked of them."""
    intent = _own_intent(request, intent_id)
    method = request.POST.get("method", "")
    if method and method != intent.provider:
        # Who pays in another way shall not be asked for the same money by a transfer as well.
        services.stop_transfer(intent)
    try:
        destination = services.start_payment(
            intent=intent,
            method=method,
            origin=request.build_absolute_uri("/"),
            ip_address=client_address(request),
            language=get_language() or "vi",
            by=renter_actor(intent.payer),
        )
    except DomainError as refusal:
        intent.refresh_from_db()
        # Nothing is paid by asking for a page: whether it was made there or not, the payer may go on.
        is_away = isinstance(refusal, GatewayUnavailable | OutcomeUnknown)
        words = unavailable_words(method or intent.provider) if is_away else str(refusal)
        return render(request, DETAIL, {**payment_page(intent), "refusal": words}, status=refusal.status)
    if isinstance(destination, Transfer):
        return redirect("payments:intent-transfer", intent_id=intent.pk)
    return HttpResponseRedirect(destination.url)


@login_required
@require_POST
@throttled("quote")
def intent_credit(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Pay out of one's own credit, as far as it reaches; how much is never taken from the browser."""
    intent = _own_intent(request, intent_id)
    try:
        paid = services.pay_with_credit(intent=intent, by=renter_actor(intent.payer))
    except DomainError as refusal:
        intent.refresh_from_db()
        return render(request, DETAIL, {**payment_page(intent), "refusal": refusal}, status=refusal.status)
    words = _("Đã trả %(amount)s từ số dư VoltGo.") % {"amount": format_dong(paid)}
    messages.success(request, words)
    return redirect(intent)


@login_required
@never_cache
@require_safe
def intent_transfer(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Show the code and the words of the bank transfer that an open attempt waits for."""
    intent = _own_intent(request, intent_id)
    page = payment_page(intent)
    transfer = transfer_page(intent) if page["has_transfer"] else None
    if transfer is None:
        return redirect(intent)
    return render(request, TRANSFER, {**page, **transfer})


@login_required
@never_cache
@require_safe
def intent_transfer_code(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Hand out the code as a picture: who pays on the phone that shows it cannot scan it."""
    intent = _own_intent(request, intent_id)
    picture = transfer_picture(intent) if payment_page(intent)["has_transfer"] else None
    if picture is None:
        raise Http404
    name = f'attachment; filename="voltgo-{intent.merchant_ref}.png"'
    return HttpResponse(picture, content_type="image/png", headers={"Content-Disposition": name})


@login_required
@throttled("payments")
@require_POST
def intent_transfer_end(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """End the open transfer, because the payer wants another way."""
    intent = _own_intent(request, intent_id)
    services.stop_transfer(intent)
    return redirect(intent)


@login_required
@never_cache
@require_GET
def intent_status(request: HttpRequest, intent_id: UUID) -> JsonResponse:
    """Tell a script how a payment stands."""
    intent = _own_intent(request, intent_id)
    page = payment_page(intent)
    return JsonResponse(
        {
            "state": intent.state,
            "is_paid": page["is_paid"],
            "is_final": page["is_final"],
            "received": intent.received_amount,
            "url": page["target_url"],
        }
    )


@login_required
@never_cache
@require_GET
def payment_return(request: HttpRequest, provider: str) -> HttpResponse:
    """Show what is known when the payer comes back. It decides nothing: only the provider's own word does."""
    if not registry.has(provider):
        raise Http404
    gateway = registry.get(provider)
    attempt = get_object_or_404(
        PaymentAttempt.objects.select_related("intent"),
        provider=provider,
        merchant_ref=gateway.returned_ref(request.GET.dict()),
        intent__payer=request.user,
    )
    page = payment_page(attempt.intent)
    if page["is_paid"]:
        return redirect(attempt.intent)
    try:
        fact = gateway.parse_return(request.GET.dict())
        told, reason, is_forged = fact.kind, fact.reason, False
    except SignatureInvalid:
        # Anybody can write such an address: it says nothing.
        told, reason, is_forged = FactKind.PENDING, None, True
    if page["has_transfer"]:
        # Whatever was done on the provider's own page: only the transfer counts, and it is awaited here.
        services.ask_soon(attempt)
        return redirect("payments:intent-transfer", intent_id=attempt.intent_id)
    has_failed = attempt.intent.state == IntentState.FAILED or told is FactKind.FAILED
    is_waiting = not has_failed and attempt.intent.state == IntentState.PENDING
    if is_waiting and not is_forged:
        services.note_under_way(attempt)
        services.ask_soon(attempt)
    title, sentence = failure_words(reason, gateway.label)
    context = {
        "has_failed": has_failed,
        "is_waiting": is_waiting,
        "failure_title": title,
        "failure_sentence": sentence,
    }
    return render(request, RETURN, {**page, **context})


def _own_intent(request: HttpRequest, intent_id: UUID) -> PaymentIntent:
    if not request.user.is_authenticated:
        raise Http404
    return get_object_or_404(PaymentIntent.objects.select_related("payer"), pk=intent_id, payer=request.user)
