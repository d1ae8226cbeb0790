"""Signing on the renter's own telephone: read, agree, get a code, draw, done."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access.actors import renter_actor
from accounts.confirmations.enums import CodePurpose
from accounts.confirmations.errors import (
    CodeMissing,
    CodeNotSent,
    CodeOver,
    CodeTooSoon,
    CodeWrong,
    TooManyCodes,
)
from accounts.confirmations.services import open_code
from accounts.users.models import User
from rentals.contracts import consent, handover, services
from rentals.contracts.enums import ContractState, Signer
from rentals.contracts.errors import ConsentToSignMissing, ContractAlreadySigned, SignedByOther
from rentals.contracts.models import Contract
from rentals.contracts.presentation import handover_point, key_points
from rentals.contracts.selectors import current_contract
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

TEMPLATE = "rentals/contracts/sign.html"
ABOUT_THE_CODE = (CodeMissing, CodeWrong, CodeOver, CodeTooSoon, TooManyCodes, CodeNotSent)


@login_required
@never_cache
@throttled("code")
@require_http_methods(["GET", "HEAD", "POST"])
def contract_sign(request: HttpRequest, number: str) -> HttpResponse:
    """Show the renter their contract and take their signature, while the counter waits for it.

    One page, two forms: the first agrees and sends the code, the second carries the code and the drawing.
    """
    # login_required has let nobody else through; staff sign at the counter.
    user = cast("User", request.user)
    contract = get_object_or_404(
        Contract.objects.select_related("booking__renter"), number=number, booking__renter=user
    )
    if contract.state == ContractState.VOIDED:
        newer = current_contract(contract.booking)
        if newer is None:
            return redirect("rentals:booking-detail", code=contract.booking.code)
        return redirect("rentals:contract-sign", number=newer.number)
    errors: dict[str, str] = {}
    if request.method == "POST":
        act = _send if request.POST.get("act") == "code" else _sign
        errors = act(request, contract, user)
        if not errors:
            return redirect("rentals:contract-sign", number=contract.number)
    # A wrong code costs nobody their drawing.
    drawn = request.POST.get("strokes", "") if errors else ""
    context = _context(request, contract, user) | {"errors": errors, "drawn": drawn}
    return render(request, TEMPLATE, context, status=422 if errors else 200)


def _seen(request: HttpRequest, user: User) -> dict[str, Any]:
    return {
        "ip_address": request.META.get("REMOTE_ADDR"),
        "device": request.headers.get("User-Agent", ""),
        "by": renter_actor(user),
    }


def _send(request: HttpRequest, contract: Contract, user: User) -> dict[str, str]:
    if "agree" not in request.POST:
        return {"agree": str(ConsentToSignMissing())}
    try:
        services.agree_and_send_code(
            contract=contract,
            user=user,
            shown_sha256=request.POST.get("shown_sha256", ""),
            **_seen(request, user),
        )
    except (SignedByOther, ContractAlreadySigned):
        return {}
    except ABOUT_THE_CODE as error:
        return {"code": str(error)}
    except DomainError as error:
        return {"page": str(error)}
    return {}


def _sign(request: HttpRequest, contract: Contract, user: User) -> dict[str, str]:
    post = request.POST
    try:
        services.sign(
            contract=contract,
            signer=Signer.RENTER,
            user=user,
            image=post.get("signature", ""),
            strokes=post.get("strokes", ""),
            typed_name=post.get("typed_name", ""),
            # An empty one would count as shown.
            shown_sha256=post.get("shown_sha256") or "missing",
            code=post.get("code", ""),
            **_seen(request, user),
        )
    except (SignedByOther, ContractAlreadySigned):
        return {}
    except ABOUT_THE_CODE as error:
        return {"code": str(error)}
    except DomainError as error:
        return {"signature": str(error)}
    return {}


def _context(request: HttpRequest, contract: Contract, user: User) -> dict[str, Any]:
    is_time = services.open_to_sign(contract=contract, user=user, **_seen(request, user))
    code = None
    if is_time:
        code = open_code(
            user=user, purpose=CodePurpose.SIGN_CONTRACT, reference=services.code_reference(contract)
        )
    record = handover.record_of(contract.booking) if is_time else None
    return {
        "contract": contract,
        "booking": contract.booking,
        "points": [*key_points(contract), *([handover_point(record)] if record else [])],
        "is_time": is_time,
        "code": code,
        "words": consent.WORDS,
        "signature": contract.signatures.filter(signer=Signer.RENTER).first(),
    }
