"""Settlement: what the rental came to, accepted, disputed, resolved and closed."""

import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from payments.intents.enums import Purpose
from payments.intents.selectors import deposit_of
from payments.intents.services import (
    capture_deposit,
    create_intent,
    recognise_revenue,
    release_deposit,
    retain_deposit,
)
from rentals.bookings.collecting import collected_lines
from rentals.contracts import drawing
from rentals.handovers import settling
from rentals.handovers.enums import RENTAL, Acceptance, InspectionKind, RentalState
from rentals.handovers.errors import (
    NotSettling,
    ObjectionEmpty,
    ObjectionTooLate,
    ReasonMissing,
)
from rentals.handovers.models import DamageMark, Rental, Settlement, SettlementLine
from rentals.handovers.paths import acceptance_path
from rentals.handovers.services import papers
from rentals.handovers.services.receipts import issue_receipt_of
from rentals.handovers.services.rows import lock_rental
from rentals.handovers.settling import Outcome
from rentals.policies.rules import Policy
from rentals.pricing.engine import DamageFact, Line, ReturnFacts, Terms, charges_at_return
from rentals.pricing.extras import liability_of
from rentals.pricing.services import return_rates_on
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.audit.services import record
from voltgo.core.money import Dong
from voltgo.core.paging import in_pages

logger = logging.getLogger(__name__)

BATCH = 200
TIME_TO_PAY_DEBT = timedelta(days=30)


def outcome_of(rental: Rental) -> Outcome:
    """Compute what a rental comes to from its frozen quote and the return inspection; writes nothing.

    Before the return is finished this is the preview that renter and staff look at; of a closed rental it is
    what it was, although its deposit has gone since.
    """
    quote = rental.booking.quote
    facts = _return_facts(rental)
    # The tax point of what comes on top: the use of the vehicle was done when it was presented.
    rates = return_rates_on(clock.local(facts.presented_at).date())
    extra = charges_at_return(
        Terms.from_json(quote.terms),
        facts,
        rates.rental,
        fee_bp=rates.fee,
        compensation_bp=rates.compensation,
    )
    return Outcome(
        collected_lines(rental.booking, quote), tuple(extra), _deposit_to_take(rental), _retention_of(rental)
    )


def _deposit_to_take(rental: Rental) -> Dong:
    """Return what of the deposit there is to take from; of a closed rental, what there was when it closed."""
    if rental.state == RentalState.CLOSED:
        return rental.settlement.deposit_amount
    return _deposit_left(rental)


def _deposit_left(rental: Rental) -> Dong:
    """Return what of the deposit is there to take from: nothing if it was waived, or a hold ran out."""
    deposit = deposit_of(rental.booking.reference)
    return deposit.remaining if deposit else 0


def _retention_of(rental: Rental) -> Dong:
    return Policy.from_json(rental.booking.quote.policy).fine_retention_amount


def _retained_until(rental: Rental) -> date:
    days = Policy.from_json(rental.booking.quote.policy).fine_retention_days
    return clock.today() + timedelta(days=days)


preview_settlement = outcome_of


def write_settlement(*, rental: Rental, outcome: Outcome, objection_until: datetime) -> Settlement:
    """Write a settlement and its lines. The caller holds the rental's lock."""
    settlement = Settlement.objects.create(
        rental=rental,
        total_amount=outcome.total,
        prepaid_amount=outcome.prepaid_amount,
        extra_amount=outcome.extra_amount,
        deposit_amount=outcome.deposit,
        captured_amount=outcome.captured,
        released_amount=outcome.released,
        debt_amount=outcome.debt,
        retained_amount=outcome.retained,
        retained_until=_retained_until(rental) if outcome.retained else None,
        objection_until=objection_until,
    )
    lines = [(line, True) for line in outcome.prepaid] + [(line, False) for line in outcome.extra]
    SettlementLine.objects.bulk_create(
        SettlementLine(
            settlement=settlement,
            position=position,
            code=line.code,
            kind=line.kind,
            params=line.params,
            gross_amount=line.gross,
            vat_bp=line.vat_bp,
            net_amount=line.net,
            vat_amount=line.vat,
            damage_id=line.params.get("reference") if line.code == "damage" else None,
            is_prepaid=is_prepaid,
        )
        for position, (line, is_prepaid) in enumerate(lines, start=1)
    )
    return settlement


def accept_settlement(
    *, rental: Rental, by: Actor, image: str | bytes = "", strokes: str = "", typed_name: str = ""
) -> Settlement:
    """Accept a settlement and close the rental: the renter online, or on the glass before staff.

    Staff need the renter's signature: a drawn one as for the contract (`image` a PNG, `strokes` its points
    as JSON), or the typed name in its place. Its picture is stored before the transaction. Safe to call
    twice.

    Raises:
        SignatureMissing, SignatureTooShort, TypedNameDiffers, PhotoRefused: the renter has not signed.
        NotSettling: there is nothing to accept, or it is disputed.
    """
    if by.kind == ActorKind.RENTER:
        return _accept(rental=rental, how=Acceptance.ONLINE, by=by)
    drawn = (
        drawing.typed(typed_name, rental.renter.full_name) if typed_name else drawing.drawn(image, strokes)
    )
    name = default_storage.save(acceptance_path(None, ""), drawn.as_file())
    try:
        settlement = _accept(
            rental=rental, how=Acceptance.SIGNATURE, by=by, signature=name, strokes_sha256=drawn.sha256
        )
    except Exception:
        default_storage.delete(name)
        raise
    if settlement.signature.name != name:
        # A repeat: the first signature counts.
        default_storage.delete(name)
    return settlement


@transaction.atomic
def dispute_settlement(
    *, rental: Rental, objection: str, by: Actor, refused: Iterable[int] = ()
) -> Settlement:
    """Object to a settlement; nothing moves until an operator has decided. Locks the rental.

    `refused` are the positions of the lines that the renter does not accept; without any, every line that came
    on top counts as refused. Prepaid lines are passed over: they were agreed to when booking.

    Raises:
        ObjectionEmpty: nothing was said.
        ObjectionTooLate: the 48 hours are over, also when no job has closed it yet.
        NotSettling: it is accepted already, or under dispute.
    """
    objection = objection.strip()
    if not objection:
        raise ObjectionEmpty
    current, settlement = _locked(rental)
    if clock.now() >= settlement.objection_until:
        raise ObjectionTooLate
    states.move(RENTAL, current, to=RentalState.DISPUTED, by=by, reason="objection")
    _write(settlement, objection=objection[:500])
    extra = settlement.lines.filter(is_prepaid=False)
    named = extra.filter(position__in=list(refused))
    (named if named.exists() else extra).update(is_refused=True)
    papers.draw_up_return(settlement, how=papers.OBJECTED, content_sha256=content_hash(settlement), by=by)
    rental.state = current.state
    return settlement


@transaction.atomic
def resolve_dispute(*, rental: Rental, waived: Iterable[int], resolution: str, by: Actor) -> Settlement:
    """Decide a dispute: drop the lines at these positions, count again, and close. Locks the rental.

    Prepaid lines cannot be dropped here; that is a refund. The dropped lines stay in the audit event.

    Raises:
        ReasonMissing: the renter is owed an answer in words.
        NotSettling: the rental is not disputed.
    """
    resolution = resolution.strip()
    if not resolution:
        raise ReasonMissing
    current = lock_rental(rental)
    if current.state != RentalState.DISPUTED:
        raise NotSettling
    settlement = current.settlement
    dropped = settlement.lines.filter(position__in=list(waived), is_prepaid=False)
    record(
        "settlement.resolved",
        f"rental:{current.booking.code}",
        by=by,
        reason=resolution[:300],
        dropped=list(dropped.values("position", "code", "gross_amount")),
    )
    dropped.delete()
    _count_again(settlement)
    _write(settlement, resolution=resolution[:500])
    states.move(RENTAL, current, to=RentalState.SETTLING, by=by, reason="resolved")
    _close(current, settlement, how=Acceptance.RESOLUTION, by=by)
    rental.state = current.state
    return settlement


def close_undisputed() -> int:
    """Close every settlement whose time to object is over; return how many.

    Each in its own transaction: one that cannot be closed is logged and does not hold up the others.
    """
    due = Rental.objects.filter(state=RentalState.SETTLING, settlement__objection_until__lte=clock.now())
    return sum(_try_to_close(rental) for rental in in_pages(due, size=BATCH))


def _try_to_close(rental: Rental) -> bool:
    try:
        return _close_if_due(rental)
    except Exception:  # whatever it is, the next renter's deposit must not wait for it
        logger.exception("ALERT settlement of rental %s cannot be closed", rental.pk)
        return False


@transaction.atomic
def _close_if_due(rental: Rental) -> bool:
    current = lock_rental(rental)
    if current.state != RentalState.SETTLING or current.settlement.objection_until > clock.now():
        return False
    _close(current, current.settlement, how=Acceptance.LAPSE, by=SYSTEM)
    return True


@transaction.atomic
def _accept(*, rental: Rental, how: Acceptance, by: Actor, **evidence: str) -> Settlement:
    current = lock_rental(rental)
    if current.state == RentalState.CLOSED:
        return current.settlement
    current, settlement = _locked(rental)
    _close(current, settlement, how=how, by=by, **evidence)
    rental.state = current.state
    return settlement


def _close(rental: Rental, settlement: Settlement, *, how: Acceptance, by: Actor, **evidence: str) -> None:
    """Move the money, close the rental, issue receipt and records. The caller holds the rental's lock."""
    now = clock.now()
    if _deposit_left(rental) != settlement.deposit_amount:
        # A hold ran out, or the deposit was paid otherwise, since the vehicle came back.
        _count_again(settlement)
    digest = content_hash(settlement)
    _write(settlement, accepted_at=now, acceptance=how, content_sha256=digest, **evidence)
    _move_money(rental, settlement, by)
    states.move(RENTAL, rental, to=RentalState.CLOSED, by=by, reason=how, closed_at=now)
    issue_receipt_of(settlement, by=by)
    papers.draw_up_return(settlement, how=how, content_sha256=digest, by=by)
    papers.draw_up_damage(settlement, how=how, content_sha256=digest, by=by)


def _move_money(rental: Rental, settlement: Settlement, by: Actor) -> None:
    """Take what is owed from the deposit line by line, book the revenue, give the rest back.

    A part may be kept back for fines. What the deposit does not cover becomes the renter's debt, with a request to
    pay it.
    """
    reference, code = rental.booking.reference, rental.booking.code
    lines = list(settlement.lines.order_by("position"))
    extra = [(line.position, line.gross_amount) for line in lines if not line.is_prepaid]
    for position, amount in settling.captures(extra, settlement.captured_amount):
        capture_deposit(
            reference=reference,
            amount=amount,
            settlement_line=f"settlement:{code}:{position}",
            idempotency_key=f"settlement:{code}:{position}",
            by=by,
        )
    recognise_revenue(
        reference=reference,
        lines=[(line.kind, line.net_amount, line.vat_amount) for line in lines],
        idempotency_key=f"settlement:{code}",
        by=by,
        payer=rental.renter,
    )
    if settlement.retained_amount and settlement.retained_until:
        retain_deposit(
            reference=reference, amount=settlement.retained_amount, until=settlement.retained_until, by=by
        )
    release_deposit(reference=reference, idempotency_key=f"release:{code}", by=by)
    if settlement.debt_amount:
        create_intent(
            payer=rental.renter,
            reference=reference,
            purpose=Purpose.BALANCE,
            prepayment_amount=settlement.debt_amount,
            deposit_amount=0,
            expires_at=clock.now() + TIME_TO_PAY_DEBT,
            idempotency_key=f"debt:{code}",
            by=by,
            description=f"VoltGo {code}",
        )


def content_hash(settlement: Settlement) -> str:
    """Return the SHA-256 over everything that the renter accepts."""
    content: dict[str, Any] = {
        "booking": settlement.rental.booking.code,
        "lines": list(
            settlement.lines.order_by("position").values_list(
                "position", "code", "params", "gross_amount", "net_amount", "vat_amount"
            )
        ),
        "total": settlement.total_amount,
        "captured": settlement.captured_amount,
        "released": settlement.released_amount,
        "debt": settlement.debt_amount,
    }
    if settlement.retained_amount and settlement.retained_until:
        content["retained"] = [settlement.retained_amount, settlement.retained_until.isoformat()]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _return_facts(rental: Rental) -> ReturnFacts:
    readings = {row.kind: row for row in rental.inspections.all()}
    pickup, back = readings[InspectionKind.PICKUP], readings[InspectionKind.RETURN]
    charged = DamageMark.objects.filter(inspection=back, charge_amount__gt=0).order_by("pk")
    return ReturnFacts(
        booked=rental.booking.period,
        presented_at=rental.presented_at or clock.now(),
        # A figure that went back was kept as it was found on a tablet: nobody has driven less than nothing.
        distance_km=max(0, (back.odometer_km or 0) - (pickup.odometer_km or 0)),
        battery_end_percent=back.battery_percent if back.battery_percent is not None else 100,
        damages=tuple(DamageFact(mark.part, mark.charge_amount, mark.pk) for mark in charged),
        is_dirty=back.is_dirty,
        liability_amount=liability_of(rental.booking.quote.lines),
    )


def _count_again(settlement: Settlement) -> None:
    prepaid: list[Line] = []
    extra: list[Line] = []
    for line in settlement.lines.order_by("position"):
        side = prepaid if line.is_prepaid else extra
        side.append(Line(line.code, line.kind, line.gross_amount, line.vat_bp, line.params))
    outcome = Outcome(
        tuple(prepaid), tuple(extra), _deposit_left(settlement.rental), _retention_of(settlement.rental)
    )
    until = settlement.retained_until or _retained_until(settlement.rental)
    _write(
        settlement,
        deposit_amount=outcome.deposit,
        total_amount=outcome.total,
        extra_amount=outcome.extra_amount,
        captured_amount=outcome.captured,
        released_amount=outcome.released,
        debt_amount=outcome.debt,
        retained_amount=outcome.retained,
        retained_until=until if outcome.retained else None,
    )


def _locked(rental: Rental) -> tuple[Rental, Settlement]:
    current = lock_rental(rental)
    if current.state != RentalState.SETTLING:
        raise NotSettling
    settlement = current.settlement
    settlement.rental = current
    return current, settlement


def _write(settlement: Settlement, **changes: Any) -> None:
    Settlement.objects.filter(pk=settlement.pk).update(**changes)
    for name, value in changes.items():
        setattr(settlement, name, value)
