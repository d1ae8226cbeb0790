"""The quote, which freezes a price, and the hold, which takes the vehicle."""

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.kyc.eligibility import Eligibility, NotEligible
from accounts.users.models import User
from payments.intents.selectors import intents_of
from payments.intents.services.paying import PROVIDER_ENDS_EARLIER
from rentals.bookings import periods, presentation
from rentals.bookings.errors import VehicleUnavailable
from rentals.bookings.forms import QuoteForm
from rentals.bookings.options import OptionsForm, as_values, offer_for
from rentals.bookings.rules import check_open, check_period
from rentals.bookings.selectors.alternatives import alternatives_for
from rentals.bookings.services import Held, check_eligibility, hold_and_ask
from rentals.bookings.views.stations import offer_context, opening_of, station_or_404
from rentals.policies.rules import Policy
from rentals.pricing.errors import OneWayNotOffered, PromotionRefused, QuoteForAnother
from rentals.pricing.loading import quote_to_hold
from rentals.pricing.models import Quote
from rentals.pricing.services import check_renter, make_quote
from stations.fleet.models import Vehicle, VehicleModel
from stations.supply.errors import SupplyTooLow
from voltgo.core import clock
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

PAGE = "rentals/bookings/quote_detail.html"


@require_POST
@throttled("quote")
def quote_create(request: HttpRequest) -> HttpResponse:
    """Freeze the price of a model or a vehicle for a period."""
    station = station_or_404(request.POST.get("station", ""))
    model = get_object_or_404(VehicleModel, slug=request.POST.get("model", ""))
    form = QuoteForm(request.POST, opening=opening_of(station), kind=model.kind)
    vehicle = None
    if code := request.POST.get("vehicle", ""):
        vehicle = get_object_or_404(Vehicle.objects.at(station).filter(model=model), code=code)
    period = form.period
    refusal: DomainError | None = None
    if period is not None:
        try:
            check_period(period)
            check_open(station, period)
            quote = make_quote(
                model=model, station=station, period=period, vehicle=vehicle, renter=_person(request)
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect(_address(quote, form.cleaned_data["previous"]))
    page = "rentals/bookings/vehicle_detail.html" if vehicle else "rentals/bookings/model_detail.html"
    context = offer_context(station, model, form, vehicle=vehicle) | {"refusal": refusal}
    return render(request, page, context, status=refusal.status if refusal else 422)


def _person(request: HttpRequest) -> User | None:
    """Return who asks, if they are known: some prices depend on the person."""
    return request.user if request.user.is_authenticated else None


def _tries_a_code(request: HttpRequest) -> bool:
    return bool(request.POST.get("promotion_code", "").strip())


@require_POST
@throttled("quote")
@throttled("promotion", when=_tries_a_code)
def quote_options(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Price the same rental again with what was chosen: add-ons, another return station, a promotion."""
    quote = _quote_or_404(quote_id)
    form = OptionsForm(request.POST, offer=offer_for(quote))
    refusal: DomainError | None = None
    if form.is_valid():
        try:
            chosen = _with_options(quote, form, _person(request))
        except DomainError as error:
            refusal = _said_at_its_field(form, error)
        else:
            return redirect(_address(chosen, _replaced(request, quote)))
    context = _quote_page(request, quote, refusal, form)
    return render(request, PAGE, context, status=refusal.status if refusal else 422)


def _said_at_its_field(form: OptionsForm, error: DomainError) -> DomainError | None:
    """Put a refusal where it can be cured; return it if it concerns the whole quote."""
    is_about_return = isinstance(error, OneWayNotOffered) or error.details.get("end") == "return"
    if isinstance(error, PromotionRefused):
        form.add_error("promotion_code", str(error))
    elif is_about_return and form.destination is not None:
        form.add_error("return_station", str(error))
    else:
        return error
    return None


def _with_options(quote: Quote, form: OptionsForm, renter: User | None) -> Quote:
    check_period(quote.period)
    check_open(quote.pickup_station, quote.period, form.destination)
    return make_quote(
        model=quote.model,
        station=quote.pickup_station,
        period=quote.period,
        vehicle=quote.vehicle,
        return_station=form.destination,
        options=form.options,
        promotion_code=form.cleaned_data["promotion_code"],
        renter=renter,
    )


def _replaced(request: HttpRequest, quote: Quote) -> UUID | None:
    """Return the quote whose price is to be compared: only if the renter changed nothing themselves."""
    return quote.pk if "previous" in request.POST else None


def _address(quote: Quote, previous: UUID | None) -> str:
    address = reverse("rentals:quote-detail", args=[quote.pk])
    return f"{address}?previous={previous}" if previous else address


def _quote_or_404(quote_id: UUID) -> Quote:
    quotes = Quote.objects.select_related(
        "model", "vehicle", "pickup_station__city", "return_station", "booking__renter", "promotion"
    )
    # What would change a booking is shown and accepted on that booking's own pages.
    return get_object_or_404(quotes, pk=quote_id, replaces=None)


@require_safe
@never_cache
def quote_detail(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Show a quote to whoever has its secret address: every line, the deposit apart, until when it holds."""
    quote = _quote_or_404(quote_id)
    booking = getattr(quote, "booking", None)
    if booking is not None and booking.renter == request.user:
        return redirect(booking)
    return render(request, PAGE, _quote_page(request, quote))


def _quote_page(
    request: HttpRequest,
    quote: Quote,
    refusal: DomainError | None = None,
    form: OptionsForm | None = None,
) -> dict[str, Any]:
    form = form or OptionsForm(None, offer=offer_for(quote))
    is_used = hasattr(quote, "booking")
    is_over = is_used or quote.expires_at <= clock.now()
    context: dict[str, Any] = {
        "quote": quote,
        "refusal": refusal,
        "form": form,
        "chosen": as_values(form),
        "has_options": bool(form.offer.add_ons or form.offer.places) or form.is_bound,
        "is_one_way": quote.return_station_id != quote.pickup_station_id,
        "is_over": is_over,
        "is_used": is_used,
        "length": presentation.length_of(quote.period),
        "lines": presentation.frozen_lines(quote.lines),
        "vat_note": presentation.vat_note(quote.vat_amount, quote.lines),
        # The provider closes its page before the hold ends: that is the time the renter really has.
        "pay_minutes": Policy.from_json(quote.policy).hold_minutes
        - PROVIDER_ENDS_EARLIER // timedelta(minutes=1),
        "due_now": quote.total_amount + quote.deposit_amount,
        "rules": presentation.quote_rules(quote),
        "licence": presentation.licence_of(quote.model),
        "previous": _previous(request, quote),
        "values": periods.as_values(quote.period),
        "model_url": _model_url(quote),
    }
    if isinstance(request.user, User) and not is_over:
        context["is_for_another"] = not _is_for(quote, request.user)
        eligibility = check_eligibility(renter=request.user, model=quote.model, period=quote.period)
        context |= {"eligibility": eligibility, "cures": _cures(request, eligibility)}
    return context


def _is_for(quote: Quote, person: User) -> bool:
    try:
        check_renter(quote, person)
    except QuoteForAnother:
        return False
    return True


def _cures(request: HttpRequest, eligibility: Eligibility) -> list[dict[str, Any]]:
    """Return the pages where a person can do something about the reasons, with the way back."""
    labels = {"accounts:identity": _("Gửi giấy tờ"), "accounts:profile": _("Bổ sung hồ sơ")}
    pages = dict.fromkeys(
        reason.page for reason in eligibility.reasons if reason.page and not reason.is_waiting
    )
    back = urlencode({"next": request.path})
    return [{"label": labels[page], "href": f"{reverse(page)}?{back}"} for page in pages]


def _previous(request: HttpRequest, quote: Quote) -> Quote | None:
    """Return the quote that this one replaces, if its price was another."""
    try:
        previous_id = UUID(request.GET.get("previous", ""))
    except ValueError:
        return None
    same = {"model": quote.model, "pickup_station": quote.pickup_station}
    previous = Quote.objects.filter(pk=previous_id, **same).first()
    if previous is None or previous.total_amount == quote.total_amount:
        return None
    return previous


def _model_url(quote: Quote) -> str:
    """Return the page on which model and period can still be changed."""
    query = periods.as_query(quote.period)
    if quote.vehicle is not None:
        return f"{reverse('rentals:vehicle-detail', args=[quote.vehicle.code])}?{query}"
    return f"{reverse('rentals:model-detail', args=[quote.pickup_station.slug, quote.model.slug])}?{query}"


@login_required
@require_POST
@throttled("hold")
def booking_hold(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Hold the vehicle at the quoted price and go on to pay; a double click finds the same booking."""
    # Only what the hold reads: the page of a refusal loads the rest.
    quote = quote_to_hold(quote_id)
    if quote is None:
        raise Http404
    # login_required has let nobody else through.
    renter = cast("User", request.user)
    try:
        held = hold_and_ask(
            renter=renter, quote=quote, idempotency_key=f"web:{quote.pk}", by=renter_actor(renter)
        )
    except (VehicleUnavailable, SupplyTooLow) as refusal:
        context = _taken(_quote_or_404(quote_id), refusal)
        return render(request, "rentals/bookings/taken.html", context, status=409)
    except DomainError as refusal:
        # Who is not eligible is told so by the page itself, with the cures.
        said = None if isinstance(refusal, NotEligible) else refusal
        context = _quote_page(request, _quote_or_404(quote_id), said)
        return render(request, PAGE, context, status=refusal.status)
    return redirect(_next_page(held))


def _next_page(held: Held) -> str:
    """Return where to pay for a hold; any other booking has its own page."""
    booking = held.booking
    intent = held.intent or intents_of(booking.reference).last()
    if booking.shown_state == "held" and intent is not None:
        return intent.get_absolute_url()
    return booking.get_absolute_url()


def _taken(quote: Quote, refusal: DomainError) -> dict[str, Any]:
    return {
        "quote": quote,
        "refusal": refusal,
        "is_paused": isinstance(refusal, SupplyTooLow),
        "alternatives": [
            {
                "it": alternative,
                "query": periods.as_query(alternative.period),
                "values": periods.as_values(alternative.period),
            }
            for alternative in alternatives_for(quote)
        ],
        "search_url": f"{reverse('rentals:station-list')}?{_search_again(quote)}",
    }


def _search_again(quote: Quote) -> str:
    where = f"station:{quote.pickup_station.slug}"
    return periods.as_query(quote.period, where=where, kind=quote.model.kind)
