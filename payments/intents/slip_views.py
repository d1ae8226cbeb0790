"""Asking for the slip of a payment."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.enums import PAID_STATES
from payments.intents.models import PaymentIntent
from payments.intents.slips import issue_slips
from voltgo.core.throttled import throttled


@login_required
@require_POST
@throttled("payments")
def slip_create(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Have the slips of one's own payment made; they appear among the receipts."""
    own = PaymentIntent.objects.filter(payer_id=request.user.pk, state__in=PAID_STATES)
    intent = get_object_or_404(own, pk=intent_id)
    issue_slips(intent=intent, by=renter_actor(cast("User", request.user)))
    messages.success(request, _("Phiếu thu đang được lập, có trong danh sách biên nhận của bạn."))
    return redirect(intent)
