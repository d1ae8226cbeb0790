"""A handover: papers, inspection, money, both signatures, keys; each step at its own time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from payments.cases import services as cases
from payments.cases.enums import CaseKind
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.contracts import services as contracts
from rentals.contracts.enums import ContractState, Signer
from rentals.contracts.errors import ContractChanged, ContractNotReady
from rentals.contracts.models import Contract
from rentals.contracts.services.offline import sign_as_shown
from rentals.handovers import services as handovers
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.errors import PapersNotChecked
from rentals.handovers.models import Inspection, Rental
from rentals.handovers.rules import EARLIEST
from rentals.handovers.services.pickup import missing_money
from rentals.sync import canonical
from rentals.sync.enums import Origin
from rentals.sync.errors import SyncRefusal
from rentals.sync.handlers import cash
from rentals.sync.handlers.looking import Look, always, checklist_of, need_file, record_of, strokes_of
from rentals.sync.handlers.on_paper import sign_sheet
from rentals.sync.handlers.outcome import Form, Outcome, form_of
from rentals.sync.models import SyncCommand
from rentals.sync.services.scope import booking_of
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.actors import Actor

ENDED = (BookingState.CANCELLED, BookingState.EXPIRED, BookingState.NO_SHOW, BookingState.REJECTED)
GONE = (
    RentalState.ACTIVE,
    RentalState.RETURNED,
    RentalState.SETTLING,
    RentalState.DISPUTED,
    RentalState.CLOSED,
)
# What a person decides to pass over, and the refusals of the services that this means.
PASSES: Mapping[str, frozenset[str]] = {
    "not_eligible": frozenset({"not_eligible"}),
    "face_not_compared": frozenset({"face_not_compared"}),
    "contract_changed": frozenset({"not_signed"}),
    "contract_missing": frozenset({"not_signed"}),
    "signature_unusable": frozenset({"not_signed"}),
    "money_missing": frozenset({"not_paid"}),
    "vehicle_not_ready": frozenset({"vehicle_not_ready"}),
    "outside_hours": frozenset({"too_early", "too_late"}),
}
# The drawer has no place for the cash of a handover; the handover stands without it.
WITHOUT_CASH = frozenset({"cash_twice", "cash_differs", "session_closed"})
# Without these the signatures stay evidence in the log and nobody puts them under another text.
UNSIGNED = frozenset({"contract_changed", "contract_missing", "signature_unusable"})


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    booking = booking_of(command)
    check_booking(command, booking)
    outcome = Outcome(result={"booking": booking.code})
    form = form_of(command)
    if form.has("cash"):
        # The drawer's lock comes before the booking's.
        with clock.as_of(form.moment("keys_at")):
            _take_cash(command, form.form("cash"), booking, actor=actor, despite=despite, outcome=outcome)
    hand_over(command, form, booking, actor=actor, user=user, files=files, despite=despite, outcome=outcome)
    return outcome


def _take_cash(
    command: SyncCommand,
    form: Form,
    booking: Booking,
    *,
    actor: Actor,
    despite: frozenset[str],
    outcome: Outcome,
) -> None:
    """Take the cash of a handover; if a person has said so, leave what fits nowhere to finance: the keys are gone."""
    try:
        with transaction.atomic():
            cash.take(command, form, booking=booking, actor=actor, outcome=outcome, part="pickup")
    except SyncRefusal as refusal:
        if refusal.code not in despite & WITHOUT_CASH:
            raise
        cases.open_case(
            kind=CaseKind.OTHER,
            key=f"sync:{command.pk}",
            reference=booking.reference,
            amount=form.number("amount", least=1),
            details={"command": str(command.pk), "code": refusal.code, "station": command.station.code},
        )


def check_booking(command: SyncCommand, booking: Booking) -> None:
    """Refuse what no decision at the counter could mend.

    Raises:
        SyncRefusal: it is over, somebody else has handed it over, or another vehicle has gone.
    """
    found: dict[str, Any] = {"booking": booking.code, "state": booking.state}
    if booking.state in ENDED or (booking.state == BookingState.HELD and booking.is_hold_over):
        raise SyncRefusal("booking_cancelled", found=found)
    rental = Rental.objects.filter(booking=booking).first()
    if rental is not None and rental.state in GONE:
        started = rental.started_at.isoformat() if rental.started_at else ""
        raise SyncRefusal(
            "already_handed_over", found=found | {"rental": rental.state, "started_at": started}
        )
    if rental is not None and rental.state == RentalState.ABORTED:
        raise SyncRefusal("booking_cancelled", found=found)
    gone, promised = vehicle_gone(command, booking), booking.allocation.vehicle.code
    if gone != promised:
        raise SyncRefusal("vehicle_swapped", found=found | {"gone": gone, "promised": promised})
    if booking.state not in (BookingState.CONFIRMED, BookingState.ARRIVED):
        raise SyncRefusal("booking_not_confirmed", found=found)


def vehicle_gone(command: SyncCommand, booking: Booking) -> str:
    """Return the code of the vehicle that has left: as the command says, else as the contract on the glass said."""
    payload = command.body["payload"]
    if isinstance(payload.get("vehicle"), str):
        return str(payload["vehicle"])
    shown = payload.get("contract")
    number = shown.get("number") if isinstance(shown, dict) else None
    contract = Contract.objects.filter(booking=booking, number=number).first() if number else None
    plate = contract.data.get("vehicle", {}).get("plate") if contract is not None else None
    if plate is None or plate == booking.allocation.vehicle.plate:
        return booking.allocation.vehicle.code
    found = Vehicle.objects.filter(plate=plate).first()
    return found.code if found else str(plate)


def hand_over(
    command: SyncCommand,
    form: Form,
    booking: Booking,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
    outcome: Outcome,
    wants_papers: bool = True,
    text_sha256: str | None = None,
) -> Rental:
    """Do a whole handover as it was done on the glass. Locks the booking, the rental, then the vehicle."""
    passed = always(command) | frozenset[str]().union(*(PASSES.get(code, frozenset()) for code in despite))
    with clock.as_of(_began_at(form, booking)):
        rental = _begin(command, form, booking, actor=actor, user=user, passed=passed)
        _papers(form, rental, actor=actor, user=user, passed=passed)
    with clock.as_of(form.moment("keys_at")):
        inspection = handovers_inspection(rental)
        Look(form, files, command).write(inspection, outcome, by=actor)
        rental.refresh_from_db()
        _note_vehicle(rental, form, outcome)
        handovers.complete_pickup_inspection(rental=rental, by=actor, despite=passed)
    if command.origin == Origin.PAPER:
        sign_sheet(command, form, rental, actor=actor, user=user, files=files)
    if command.origin == Origin.TABLET and not (UNSIGNED & despite):
        try:
            with transaction.atomic():
                _sign(
                    command,
                    form,
                    rental,
                    actor=actor,
                    user=user,
                    files=files,
                    outcome=outcome,
                    made_text=text_sha256,
                )
        except (SyncRefusal, ContractChanged):
            # Whoever lost a licence has another contract by it: what was signed stays as evidence.
            if "not_eligible" not in despite or text_sha256 is not None:
                raise
            outcome.flag("contract_changed")
            passed |= {"not_signed"}
    with clock.as_of(form.moment("keys_at")):
        _check_money(rental.booking, passed)
        rental.refresh_from_db()
        return handovers.hand_over_keys(rental=rental, by=actor, despite=passed)


def _began_at(form: Form, booking: Booking) -> datetime:
    """Return when it began: papers may be looked at before the hour at which the keys may be given."""
    began_at, opens_at = form.moment("began_at"), booking.starts_at - EARLIEST
    return opens_at if began_at < opens_at <= form.moment("keys_at") else began_at


def handovers_inspection(rental: Rental) -> Inspection:
    inspection = rental.inspections.select_related("checklist").get(kind=InspectionKind.PICKUP)
    inspection.rental = rental
    return inspection


def _begin(
    command: SyncCommand, form: Form, booking: Booking, *, actor: Actor, user: User, passed: frozenset[str]
) -> Rental:
    vehicle = booking.allocation.vehicle
    checklist = checklist_of(form.form("checklist"), purpose=InspectionKind.PICKUP, vehicle=vehicle)
    rental = handovers.open_handover(
        booking=booking, station=command.station, user=user, by=actor, checklist=checklist, despite=passed
    )
    if rental.state == RentalState.READY_TO_SIGN:
        # Begun on another screen; what the people have signed on this one counts.
        rental = handovers.reopen_pickup_inspection(rental=rental, by=actor)
    return rental


def _papers(form: Form, rental: Rental, *, actor: Actor, user: User, passed: frozenset[str]) -> None:
    papers = form.form("papers")
    if not (papers.boolean("seen") and papers.boolean("face")):
        raise SyncRefusal("incomplete", found={"refusal": PapersNotChecked.code})
    handovers.record_papers(
        rental=rental,
        user=user,
        by=actor,
        seen_drivers=papers.texts("drivers"),
        shown_selfies=papers.numbers("selfies") if papers.has("selfies") else None,
        despite=passed,
    )


def _note_vehicle(rental: Rental, form: Form, outcome: Outcome) -> None:
    if form.number("battery_percent", most=100) < rental.vehicle.model.minimum_battery_percent:
        outcome.flag("battery_low")
    if rental.vehicle.condition != Condition.READY:
        outcome.flag("vehicle_not_ready")


def _check_money(booking: Booking, passed: frozenset[str]) -> None:
    missing = missing_money(booking)
    if missing and "not_paid" not in passed:
        raise SyncRefusal("money_missing", found={"missing": missing})


def _sign(
    command: SyncCommand,
    form: Form,
    rental: Rental,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    outcome: Outcome,
    made_text: str | None,
) -> None:
    """Put both signatures under the version whose words stood on the glass, each at its own time."""
    contract, shown = _contract_of(rental.booking), form.form("contract")
    if made_text is None and shown.has("number") and shown.text("number", longest=40) != contract.number:
        raise SyncRefusal(
            "contract_changed", found={"shown": shown.text("number", longest=40), "current": contract.number}
        )
    said, found = form.text("record_sha256", longest=64), canonical.sha256_of(record_of(form, files))
    if said != found:
        outcome.flag("record_differs")
    for signer, signed_by in ((Signer.RENTER, rental.renter), (Signer.STAFF, user)):
        signature = form.form("signatures").form(str(signer))
        sign_as_shown(
            contract=contract,
            signer=signer,
            user=signed_by,
            image=need_file(files, f"signature:{signer}"),
            strokes=strokes_of(signature),
            shown_sha256=contract.sha256 if made_text else shown.text("sha256", longest=64, default=""),
            shown_text_sha256=shown.text("text_sha256", longest=64),
            record_sha256=said,
            signed_at=signature.moment("signed_at"),
            tablet=command.tablet.code if command.tablet else "",
            device=command.tablet.user_agent if command.tablet else "",
            has_agreed=form.boolean("consented") if signer == Signer.RENTER else True,
            is_text_checked=made_text is None,
            by=actor,
        )


def _contract_of(booking: Booking) -> Contract:
    contract = contracts.current_contract(booking)
    if contract is None:
        raise SyncRefusal("contract_missing")
    try:
        contract = contracts.ensure_rendered(contract)
    except ContractNotReady as error:
        raise SyncRefusal("contract_missing") from error
    if contract.state == ContractState.SIGNED:
        raise SyncRefusal("contract_changed", found={"current": contract.number, "state": contract.state})
    return contract
