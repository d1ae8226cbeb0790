"""The receipt for its payer, and what they want on their invoices."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.people import signed_in
from payments.invoices import buyers
from payments.invoices.enums import ReceiptState
from payments.invoices.errors import ReceiptNotReady
from payments.invoices.forms import BuyerForm
from payments.invoices.models import Receipt
from voltgo.core.sending import send_pdf
from voltgo.core.throttled import throttled


@login_required
@never_cache
@require_safe
def receipt_pdf(request: HttpRequest, receipt_id: UUID) -> HttpResponseBase:
    """Stream the PDF to its payer, or to staff with the permission to see receipts."""
    receipt = Receipt.objects.filter(pk=receipt_id).first()
    may_see = receipt is not None and (
        receipt.payer_id == request.user.pk or request.user.has_perm("payments.view_receipt")
    )
    if receipt is None or not may_see:
        raise Http404
    if receipt.state != ReceiptState.RENDERED:
        raise ReceiptNotReady
    return send_pdf(receipt.pdf.open("rb"), filename=f"{receipt.number}.pdf")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def invoice_details(request: HttpRequest) -> HttpResponse:
    """Let a person say what stands on all their invoices to come, or that they want none."""
    user = signed_in(request)
    if request.method == "POST" and "forget" in request.POST:
        buyers.forget_buyer(user=user)
        messages.success(request, _("Đã bỏ thông tin mặc định."))
        return redirect("payments:invoice-details")
    form = BuyerForm(
        request.POST or None, buyer=buyers.suggested_buyer(user=user, reference=""), asks_default=False
    )
    if form.is_bound and form.is_valid():
        buyers.save_buyer(user=user, buyer=form.cleaned_data["buyer"])
        messages.success(request, _("Đã lưu. Các chuyến sau dùng thông tin này để xuất hóa đơn."))
        return redirect("payments:invoice-details")
    context = {"form": form, "kept": buyers.buyer_of(user=user)}
    return render(request, "payments/invoices/details.html", context, status=422 if form.is_bound else 200)
