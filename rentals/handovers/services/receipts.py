"""The receipt of a closed rental: its settlement in both languages."""

from collections.abc import Callable
from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _

from payments.intents.selectors import payments_of
from payments.invoices.documents import DepositOutcome, Detail, PaidBy, ReceiptLine
from payments.invoices.models import Receipt
from payments.invoices.services import issue_receipt
from rentals.handovers.enums import ChargeKind, InspectionKind
from rentals.handovers.models import Rental, Settlement
from rentals.pricing.wording import describe
from voltgo.core.actors import Actor
from voltgo.core.clock import local

VIETNAMESE, ENGLISH = "vi", "en"


def issue_receipt_of(settlement: Settlement, *, by: Actor) -> Receipt:
    """Issue the one receipt of a settled rental; the PDF follows after commit."""
    rental = settlement.rental
    return issue_receipt(
        reference=rental.booking.reference,
        payer=rental.renter,
        lines=[
            ReceiptLine(
                *_both(partial(describe, line.code, line.params)),
                gross=line.gross_amount,
                # Compensation carries no VAT, which is something else than 0 %, unless the rules say so.
                vat_bp=None if line.kind == ChargeKind.COMPENSATION and not line.vat_bp else line.vat_bp,
                vat=line.vat_amount,
            )
            for line in settlement.lines.order_by("position")
        ],
        title=_both(lambda: _("Biên nhận thuê xe")),
        details=_details(rental),
        paid_by=_paid_by(settlement),
        by=by,
        deposit=DepositOutcome(
            held=settlement.deposit_amount,
            captured=settlement.captured_amount,
            # What is kept for camera fines has not been returned yet.
            returned=settlement.released_amount - settlement.retained_amount,
            kept=settlement.retained_amount,
            kept_until=settlement.retained_until,
        )
        if settlement.deposit_amount
        else None,
        issued_at=settlement.accepted_at,
        item=f"{rental.vehicle.model}, {rental.vehicle.plate}",
    )


def _details(rental: Rental) -> list[Detail]:
    readings = {row.kind: row.odometer_km or 0 for row in rental.inspections.all()}
    distance = readings.get(InspectionKind.RETURN, 0) - readings.get(InspectionKind.PICKUP, 0)
    vehicle = rental.vehicle
    facts: list[tuple[Callable[[], str], str]] = [
        (lambda: _("Mã đặt xe"), rental.booking.code),
        (lambda: _("Xe"), f"{vehicle.model} · {vehicle.plate}"),
        (lambda: _("Trạm nhận"), rental.pickup_station.name),
        (lambda: _("Trạm trả"), rental.return_station.name),
    ]
    if rental.started_at and rental.presented_at:
        facts.append((lambda: _("Nhận xe"), f"{local(rental.started_at):%H:%M %d/%m/%Y}"))
        facts.append((lambda: _("Trả xe"), f"{local(rental.presented_at):%H:%M %d/%m/%Y}"))
    facts.append((lambda: _("Quãng đường"), f"{distance} km"))
    return [Detail(*_both(label), value) for label, value in facts]


def _paid_by(settlement: Settlement) -> list[PaidBy]:
    """Say how the total was paid: before, from the deposit, and what is still owed."""
    ways = [
        PaidBy(
            payment.get_provider_display(),
            payment.get_provider_display(),
            payment.prepayment_amount,
            payment.paid_at,
        )
        for payment in payments_of(settlement.rental.booking.reference)
        if payment.prepayment_amount
    ]
    if settlement.captured_amount:
        ways.append(PaidBy(*_both(lambda: _("Trừ vào tiền cọc")), settlement.captured_amount))
    if settlement.debt_amount:
        ways.append(PaidBy(*_both(lambda: _("Còn phải trả")), settlement.debt_amount))
    return ways


def _both(words: Callable[[], str]) -> tuple[str, str]:
    return _in(VIETNAMESE, words), _in(ENGLISH, words)


def _in(language: str, words: Callable[[], str]) -> str:
    with translation.override(language):
        return words()
