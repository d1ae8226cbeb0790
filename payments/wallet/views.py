"""The renter's wallet: each page shows one's own rows, and another's answers 404."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from payments.intents import services
from payments.intents.models import Refund
from payments.wallet import presentation, selectors
from payments.wallet.forms import PayeeForm, PayoutForm, WantedForm
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong
from voltgo.core.throttled import throttled

PAGE_SIZE = 20
WALLET = "payments/wallet/wallet.html"
REFUND = "payments/wallet/refund_detail.html"
PAYOUT = "payments/wallet/payout.html"


@login_required
@never_cache
@require_safe
def wallet(request: HttpRequest) -> HttpResponse:
    """Show the money between a renter and VoltGo: how it stands, then everything that moved."""
    user = signed_in(request)
    form = WantedForm(request.GET or None)
    wanted = form.wanted
    found = selectors.movements_of(user, wanted)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = selectors.rows_of(list(page))
    context = {
        **presentation.overview(user),
        "form": form,
        "is_filtered": bool(wanted.kind or wanted.since or wanted.code),
        "page": page,
        "lines": [presentation.line_of(kind, row) for kind, row in rows],
    }
    return render(request, WALLET, context)


def _own_refund(request: HttpRequest, refund_id: UUID) -> Refund:
    return get_object_or_404(selectors.refunds_of(signed_in(request)), pk=refund_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def refund_detail(request: HttpRequest, refund_id: UUID) -> HttpResponse:
    """Show one refund and when to expect it; take the bank account where a transfer needs one."""
    refund = _own_refund(request, refund_id)
    form = PayeeForm(request.POST or None)
    if form.is_valid():
        try:
            services.name_payee(refund=refund, by=renter_actor(signed_in(request)), **form.cleaned_data)
        except DomainError as refusal:
            return _refund_page(request, refund, form, refusal)
        messages.success(request, _("Đã lưu tài khoản nhận tiền hoàn."))
        return redirect("payments:refund-detail", refund_id=refund.pk)
    return _refund_page(request, refund, form)


def _refund_page(
    request: HttpRequest, refund: Refund, form: PayeeForm, refusal: DomainError | None = None
) -> HttpResponse:
    status = refusal.status if refusal else 422 if form.is_bound else 200
    context = {**presentation.refund_page(refund), "form": form, "refusal": refusal}
    return render(request, REFUND, context, status=status)


@login_required
@require_POST
@throttled("quote")
def refund_credit(request: HttpRequest, refund_id: UUID) -> HttpResponse:
    """Turn a refund that has not left yet into credit, at once."""
    refund = _own_refund(request, refund_id)
    try:
        services.refund_to_credit(refund=refund, by=renter_actor(signed_in(request)))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        words = _("%(amount)s đã vào số dư VoltGo của bạn.") % {"amount": format_dong(refund.amount)}
        messages.success(request, words)
    return redirect("payments:refund-detail", refund_id=refund.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def credit_payout(request: HttpRequest) -> HttpResponse:
    """Ask where credit is to be transferred, and take it out."""
    user = signed_in(request)
    most = services.payable_out(user)
    form = PayoutForm(request.POST or None, most=most)
    context: dict[str, Any] = {"form": form, "payable_out": most, "credit": services.credit_of(user)}
    if not form.is_valid():
        return render(request, PAYOUT, context, status=422 if form.is_bound else 200)
    values = form.cleaned_data
    key = f"credit-payout:{user.public_id}:{values.pop('key')}"
    try:
        services.pay_out_credit(owner=user, idempotency_key=key, by=renter_actor(user), **values)
    except DomainError as refusal:
        return render(request, PAYOUT, {**context, "refusal": refusal}, status=refusal.status)
    messages.success(request, _("Đã nhận yêu cầu. VoltGo chuyển khoản trong 3 ngày làm việc."))
    return redirect("payments:wallet")


@login_required
@require_POST
@throttled("quote")
def payout_cancel(request: HttpRequest, payout_id: UUID) -> HttpResponse:
    """Put what was to be paid out back into the credit."""
    user = signed_in(request)
    payout = get_object_or_404(selectors.payouts_of(user), pk=payout_id)
    try:
        services.cancel_payout(payout=payout, by=renter_actor(user), reason="renter")
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Tiền đã trở lại số dư VoltGo của bạn."))
    return redirect("payments:wallet")


@login_required
@require_POST
@throttled("quote")
def card_forget(request: HttpRequest, card_id: int) -> HttpResponse:
    """Forget a saved card."""
    user = signed_in(request)
    card = get_object_or_404(selectors.cards_of(user), pk=card_id)
    try:
        services.forget_instrument(instrument=card, by=renter_actor(user))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Đã bỏ thẻ %(card)s.") % {"card": card.label})
    return redirect("payments:wallet")
