"""Pages of a contract: what it says in short, its file, and the public check of a number."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.users.models import User
from rentals.contracts.models import Contract
from rentals.contracts.presentation import contract_page, verification
from rentals.contracts.selectors import readable_by
from rentals.contracts.services import open_addendum, open_document
from voltgo.core.sending import send_pdf


@login_required
@never_cache
@require_safe
def contract_detail(request: HttpRequest, number: str) -> HttpResponse:
    contract = get_object_or_404(readable_by(request.user), number=number)
    return render(request, "rentals/contracts/detail.html", contract_page(contract))


@login_required
@never_cache
@require_safe
def contract_pdf(request: HttpRequest, number: str) -> HttpResponseBase:
    """Send the PDF to who may read it; `?copy=unsigned` is the version that was signed, `?save` downloads."""
    contract = get_object_or_404(readable_by(request.user), number=number)
    wants_signed = request.GET.get("copy") != "unsigned"
    # login_required has let nobody else through.
    content = open_document(
        contract=contract,
        user=cast("User", request.user),
        signed=wants_signed,
        is_saved="save" in request.GET,
        ip_address=request.META.get("REMOTE_ADDR"),
        device=request.headers.get("User-Agent", ""),
    )
    return send_pdf(content, filename=f"{contract.number}.pdf", as_attachment="save" in request.GET)


@login_required
@never_cache
@require_safe
def addendum_pdf(request: HttpRequest, number: str, position: int) -> HttpResponseBase:
    """Send one addendum of a contract to who may read the contract."""
    contract = get_object_or_404(readable_by(request.user), number=number)
    addendum = get_object_or_404(contract.addenda, position=position)
    content = open_addendum(addendum=addendum, user=cast("User", request.user))
    return send_pdf(content, filename=f"{addendum.number}.pdf", as_attachment="save" in request.GET)


@never_cache
@require_safe
def contract_verify(request: HttpRequest, number: str) -> HttpResponse:
    """Say to anybody whether a number is a contract of ours and how its hashes begin; nothing about people."""
    contract = Contract.objects.filter(number=number).first()
    context = {"number": number, "found": verification(contract) if contract else None}
    response = render(request, "rentals/contracts/verify.html", context, status=200 if contract else 404)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
