"""The step in which both sign: on the station's glass, or the renter on their own telephone."""

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.recent import is_recent, prove
from rentals.contracts import consent
from rentals.contracts import services as contracts
from rentals.contracts.enums import Signer
from rentals.contracts.errors import ContractAlreadySigned, SignedByOther
from rentals.contracts.models import Contract
from rentals.contracts.presentation import key_points
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.enums import RentalState
from rentals.handovers.views.pages import UNPROCESSABLE, StepPage, handover_at, pickup_step
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

PHONE = "phone"
NO_CONTENT = 204


@require_http_methods(["GET", "HEAD", "POST"])
@throttled("sign-in", when=lambda request: bool(request.POST.get("password")))  # type: ignore[arg-type]
@at_desk
def handover_contract(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Read the contract and sign it, both on one glass; with `?on=phone` the renter signs on their own."""
    step = pickup_step(request, desk, code, "contract")
    if step.rental.state == RentalState.PREPARING:
        return redirect(step.progress.next.href)
    if step.rental.state != RentalState.READY_TO_SIGN:
        return redirect("station:handover-detail", code=code)
    contract = contracts.current_contract(step.rental.booking)
    if contract is None:
        return redirect("station:handover-damage", code=code)
    is_on_phone = (request.POST if request.method == "POST" else request.GET).get("on") == PHONE
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _sign(step, contract, is_on_phone=is_on_phone)
        if not errors:
            return _after(step, contract, is_on_phone=is_on_phone)
    return _page(step, contract, errors, is_on_phone=is_on_phone)


def _after(step: StepPage, contract: Contract, *, is_on_phone: bool) -> HttpResponse:
    """Go on when both have signed; else wait for the renter's telephone."""
    contract.refresh_from_db()
    if is_on_phone and contract.signed_at is None:
        return redirect(f"{step.request.path}?on={PHONE}")
    return step.go_on()


def _page(step: StepPage, contract: Contract, errors: dict[str, str], *, is_on_phone: bool) -> HttpResponse:
    signed = {row.signer: row for row in contract.signatures.all()}
    address = settings.SITE_URL.rstrip("/") + reverse("rentals:contract-sign", args=[contract.number])
    is_waiting = is_on_phone and Signer.RENTER not in signed
    return step.render(
        contract=contract,
        points=key_points(contract),
        errors=errors,
        renter_signature=signed.get(Signer.RENTER),
        staff_signature=signed.get(Signer.STAFF),
        is_on_phone=is_on_phone,
        sign_url=address,
        qr=_qr(address) if is_waiting else "",
        words=consent.WORDS,
        asks_password=not is_recent(step.request),
        status=UNPROCESSABLE if errors else 200,
    )


def _sign(step: StepPage, contract: Contract, *, is_on_phone: bool) -> dict[str, str]:
    """Put down each signature that was drawn; return {signer: what is wrong}."""
    post = step.request.POST
    parties = [(Signer.RENTER, step.rental.renter), (Signer.STAFF, step.desk.user)]
    errors = {}
    for signer, user in parties[1:] if is_on_phone else parties:
        if contract.signatures.filter(signer=signer).exists():
            continue
        if signer == Signer.STAFF and not _is_proved(step):
            errors["password"] = _("Hãy nhập đúng mật khẩu của bạn để ký thay mặt công ty.")
            continue
        try:
            contracts.sign(
                contract=contract,
                signer=signer,
                user=user,
                image=post.get(f"{signer}_signature", ""),
                strokes=post.get(f"{signer}_strokes", ""),
                typed_name=post.get(f"{signer}_name", ""),
                shown_sha256=post.get("shown_sha256", ""),
                ip_address=step.request.META.get("REMOTE_ADDR"),
                device=step.request.headers.get("User-Agent", ""),
                by=step.desk.actor,
            )
        except (SignedByOther, ContractAlreadySigned):
            continue
        except DomainError as error:
            errors[str(signer)] = str(error)
    return errors


def _is_proved(step: StepPage) -> bool:
    """Whoever signs for the company is whoever signed in, and not whoever holds the tablet."""
    request = step.request
    return is_recent(request) or prove(request, step.desk.user, request.POST.get("password", ""))


@require_safe
@at_desk
def handover_signed(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Answer the waiting page: nothing yet; the renter has signed; or go on, because both have.

    While the member of staff may still be drawing, only the renter's part of the page is replaced.
    """
    contract = contracts.current_contract(handover_at(desk, code).booking)
    signature = contract.signatures.filter(signer=Signer.RENTER).first() if contract else None
    if contract is None or signature is None:
        return HttpResponse(status=NO_CONTENT)
    if contract.signed_at is not None:
        return HttpResponse(headers={"HX-Redirect": reverse("station:handover-keys", args=[code])})
    return render(request, "station/handover/_renter_signed.html", {"renter_signature": signature})


@require_POST
@at_desk
def handover_render(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Draw up the contract now, when no job has come to it."""
    contract = contracts.current_contract(handover_at(desk, code).booking)
    if contract is not None:
        contracts.ensure_rendered(contract)
    return redirect("station:handover-contract", code=code)


def _qr(address: str) -> SafeString:
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True))  # noqa: S308 (drawn by segno from our own address)
