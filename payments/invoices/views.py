"""The receipt for its payer."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.invoices.enums import ReceiptState
from payments.invoices.errors import ReceiptNotReady
from payments.invoices.models import Receipt
from voltgo.core.sending import send_pdf


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
