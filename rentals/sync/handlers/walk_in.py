"""Somebody walked in while there was no network, paid and left: account, papers, booking and handover afterwards."""

import logging
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind
from accounts.kyc.errors import ConsentMissing, ImagesRefused
from accounts.kyc.services import submit_document
from accounts.users.errors import EmailTaken
from accounts.users.invitations import invite_renter
from accounts.users.models import User
from payments.cases import services as cases
from payments.cases.enums import CaseKind
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.contracts.texts.plain import filled, text_sha256
from rentals.handovers.services.walk_in import look_up
from rentals.incidents.services import protect_next
from rentals.policies.selectors import policy_on
from rentals.pricing.engine import Terms
from rentals.pricing.returns import included_km
from rentals.pricing.services import make_quote, terms_of
from rentals.sync import moments
from rentals.sync.enums import Origin
from rentals.sync.errors import SyncRefusal, SyncRejection
from rentals.sync.handlers import cash
from rentals.sync.handlers.outcome import Form, Outcome, form_of
from rentals.sync.handlers.pickup import hand_over
from rentals.sync.models import SyncCommand
from rentals.sync.services.claims import let_go
from rentals.sync.services.forgetting import drop_papers
from rentals.sync.walk_in_text import open_text, values_for, wording_on
from stations.fleet.models import Vehicle
from stations.timeline.services import expire_stale, with_turnaround
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError

logger = logging.getLogger(__name__)

LANGUAGES = frozenset({"vi", "en"})
# As the hold of any walk-in; the money has been taken already.
HOLD_MINUTES = 60
# Which files are which paper's side.
PAPERS: Mapping[str, Mapping[str, str]] = {
    DocumentKind.CITIZEN_CARD: {"front": "paper:identity-front", "back": "paper:identity-back"},
    DocumentKind.DRIVING_LICENCE: {"front": "paper:licence-front", "back": "paper:licence-back"},
    DocumentKind.SELFIE: {"front": "paper:selfie"},
}
# Nobody has reviewed the papers yet: what a handover asks of them is asked afterwards.
UNREVIEWED = frozenset({"not_eligible", "face_not_compared"})


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form, outcome = form_of(command), Outcome()
    vehicle = Vehicle.objects.select_related("model", "station__city").get(
        code=form.text("vehicle", longest=20)
    )
    period = _period(form)
    renter = _renter(command, form.form("renter"), actor=actor, outcome=outcome)
    if "renter_named_otherwise" not in outcome.flags:
        # Else they may be of somebody else, and an account shows its own papers: they stay in the log.
        _keep_papers(command, form, renter, actor=actor, files=files, outcome=outcome)
    with clock.as_of(clock.wall()):
        _make_room(command, vehicle, period, actor=actor, outcome=outcome)
    booking = _book(command, form, renter, vehicle, period, actor=actor, outcome=outcome)
    outcome.result["booking"] = booking.code
    pickup = form.form("pickup")
    if form.has("cash"):
        cash.take(command, form.form("cash"), booking=booking, actor=actor, outcome=outcome)
    booking.refresh_from_db()
    if booking.state != BookingState.CONFIRMED:
        raise SyncRefusal("money_missing", found={"booking": "walk-in", "total": booking.quote.total_amount})
    shown = pickup.values.get("contract")
    text = shown.get("text_sha256") if isinstance(shown, dict) else None
    if text and text != _text_of(form, booking):
        outcome.flag("text_differs")
    hand_over(
        command,
        pickup,
        booking,
        actor=actor,
        user=user,
        files=_WithoutPapers(files),
        despite=despite | UNREVIEWED,
        outcome=outcome,
        text_sha256=text or "none",
    )
    return outcome


class _WithoutPapers(Mapping[str, bytes]):
    """A command's files but for the pictures of papers."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._roles = [role for role in files if not role.startswith("paper:")]

    def __getitem__(self, role: str) -> bytes:
        return self._files[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._roles)

    def __len__(self) -> int:
        return len(self._roles)

    def sha256_of(self, role: str) -> str:
        found: str = self._files.sha256_of(role)  # type: ignore[attr-defined]
        return found


def _period(form: Form) -> Period:
    """Return the period that was priced: by the server's clock, because it comes from the snapshot's table."""
    starts_at, ends_at = (moments.read(form.values.get(name)) for name in ("starts_at", "ends_at"))
    if starts_at is None or ends_at is None:
        raise SyncRejection("malformed")
    try:
        return Period(starts_at.replace(microsecond=0), ends_at.replace(microsecond=0))
    except ValueError as error:
        raise SyncRejection("malformed") from error


# --- Who ----------------------------------------------------------------------------------------


def _renter(command: SyncCommand, form: Form, *, actor: Actor, outcome: Outcome) -> User:
    """Return the account of whoever walked in: theirs by number or address, else a new one by invitation.

    Two accounts are never made one, and a name that differs is told to people.

    Raises:
        SyncRefusal: number and address belong to two different people.
    """
    name, phone = form.text("name", longest=120).strip(), form.text("phone", longest=20).strip()
    email = form.text("email", longest=120, default="").strip()
    by_phone = look_up(phone, station=command.station, by=actor) if phone else []
    by_email = look_up(email, station=command.station, by=actor) if email else []
    people = {found.pk: found for found in [*by_phone, *by_email]}
    if len(people) > 1:
        raise SyncRefusal("renter_unclear", found={"accounts": len(people)})
    if people:
        renter = next(iter(people.values()))
        if _plain(renter.full_name) != _plain(name):
            outcome.flag("renter_named_otherwise")
        return renter
    return _invite(command, name=name, phone=phone, email=email, form=form, actor=actor)


def _invite(command: SyncCommand, *, name: str, phone: str, email: str, form: Form, actor: Actor) -> User:
    language = form.text("language", longest=5, default="vi")
    try:
        validate_email(email)
        with transaction.atomic():
            return invite_renter(
                full_name=name,
                phone=phone,
                email=email,
                language=language if language in LANGUAGES else "vi",
                by=actor,
            )
    except EmailTaken as error:
        # Of somebody of the house, or an account that is closed.
        raise SyncRefusal("renter_unclear", found={"refusal": error.code}) from error
    except (ValidationError, ValueError) as error:
        raise SyncRefusal("renter_unclear", found={"refusal": "email"}) from error


def _plain(name: str) -> str:
    """Return a name without accents and capitals: on a keyboard in a hurry both are left out."""
    letters = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def _keep_papers(
    command: SyncCommand,
    form: Form,
    renter: User,
    *,
    actor: Actor,
    files: Mapping[str, bytes],
    outcome: Outcome,
) -> None:
    """Hand the photographed papers in for review, as if the renter had; what cannot be used stays in the log."""
    if command.origin == Origin.PAPER or not any(role.startswith("paper:") for role in files):
        return
    outcome.flag("papers_to_review")
    if form.form("pickup").boolean("consented"):
        consent.give(
            user=renter,
            purposes=[ConsentPurpose.IDENTITY],
            versions=consent.VERSIONS,
            language=renter.language,
            device=command.tablet.user_agent if command.tablet else "",
            by=actor,
        )
    kept = True
    for kind, sides in PAPERS.items():
        images = {side: files[role] for side, role in sides.items() if role in files}
        try:
            with transaction.atomic():
                if images:
                    submit_document(user=renter, kind=kind, images=images, by=actor)
        except (ImagesRefused, ConsentMissing, DomainError) as error:
            kept = False
            logger.warning("a paper of walk-in %s stays in the log: %s", command.pk, error.code)
    if kept:
        drop_papers(command)


# --- What and for how much ----------------------------------------------------------------------


def _make_room(
    command: SyncCommand, vehicle: Vehicle, period: Period, *, actor: Actor, outcome: Outcome
) -> None:
    """Let go of what was held back, and look after whoever was promised the vehicle that has left."""
    claim = with_turnaround(period)
    moved = protect_next(
        vehicle=vehicle,
        until=claim.ends_at,
        within=max(timedelta(), claim.ends_at - clock.wall()),
        reason=str(command.pk),
        by=actor,
    )
    if moved:
        outcome.flag("renter_moved")
    locks.lock_row(vehicle)
    let_go(command, vehicle)
    expire_stale(vehicle.pk)


def _book(
    command: SyncCommand,
    form: Form,
    renter: User,
    vehicle: Vehicle,
    period: Period,
    *,
    actor: Actor,
    outcome: Outcome,
) -> Booking:
    price = form.form("price")
    total, deposit = price.number("total"), price.number("deposit")
    quote = make_quote(
        model=vehicle.model,
        station=command.station,
        period=period,
        vehicle=vehicle,
        shown=(total, deposit),
    )
    difference = next((line["gross"] for line in quote.lines if line["code"] == "as_shown"), 0)
    deposit_difference = deposit - Terms.from_json(quote.terms).deposit_amount
    booking = hold_booking(
        renter=renter,
        quote=quote,
        idempotency_key=f"sync:{UUID(str(command.pk)).hex}",
        by=actor,
        channel=Channel.COUNTER,
        hold_minutes=HOLD_MINUTES,
        as_found=True,
    )
    if difference or deposit_difference:
        outcome.flag("price_differs")
        cases.open_case(
            kind=CaseKind.OTHER,
            key=f"walk-in-price:{command.pk}",
            reference=booking.reference,
            amount=abs(difference) + abs(deposit_difference),
            details={"command": str(command.pk), "difference": difference, "deposit": deposit_difference},
        )
    return booking


def _text_of(form: Form, booking: Booking) -> str:
    """Return the hash of the words that this walk-in should have had on the glass; nothing without a wording."""
    day = clock.local(booking.starts_at).date()
    _code, articles = wording_on(day)
    if not articles:
        return ""
    quote, vehicle = booking.quote, booking.allocation.vehicle
    text = open_text(articles, terms=terms_of(quote.tariff), policy=policy_on(day))
    try:
        values = values_for(
            form.form("renter").values,
            model=str(vehicle.model),
            plate=vehicle.plate,
            station=booking.pickup_station.name,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            total=quote.total_amount,
            deposit=quote.deposit_amount,
            included_km=included_km(booking.period, Terms.from_json(quote.terms)),
        )
    except (ValueError, TypeError):
        # A day of birth that is none: whatever was shown, it was not this.
        return ""
    return text_sha256(filled(text, values))
