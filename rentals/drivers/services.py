"""Inviting other drivers, their answers, and the look at them when the keys are given.

An additional driver has an account and papers of their own: the same eligibility is asked of them as of the
renter. Nobody learns from an invitation whether an address has an account.
"""

from collections.abc import Collection

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.kyc.eligibility import Eligibility, NotEligible
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.services import confirm_face
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users import mail
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.services import check_eligibility
from rentals.drivers.enums import DRIVER, DriverState
from rentals.drivers.errors import (
    DriverAlreadyInvited,
    DriverIsRenter,
    DriversClosed,
    InvitationOver,
    TooManyDrivers,
)
from rentals.drivers.models import AdditionalDriver
from rentals.drivers.selectors import agreed_drivers, drivers_of, may_change_drivers
from rentals.drivers.signals import drivers_changed
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit.services import record
from voltgo.core.codes import new_code

# Subject and body.
INVITATION = ("rentals/drivers/mail/invitation_subject.txt", "rentals/drivers/mail/invitation.txt")
REMOVAL = ("rentals/drivers/mail/removal_subject.txt", "rentals/drivers/mail/removal.txt")
MOST_DRIVERS = 2
# Each is a letter to an address that the renter has typed: nobody writes to a whole town by one booking.
MOST_INVITATIONS = 6


@transaction.atomic
def invite_driver(*, booking: Booking, email: str, by: Actor) -> AdditionalDriver:
    """Ask somebody by mail to drive along. Locks the booking; the letter leaves after commit.

    Raises:
        DriversClosed: the handover has begun, or the booking has ended.
        DriverIsRenter: the address is the renter's own.
        DriverAlreadyInvited: this address was asked already and has not declined.
        TooManyDrivers: two others are asked already.
    """
    current = _changeable(booking)
    address = User.objects.normalize_email(email.strip())
    if address.casefold() == current.renter.email.casefold():
        raise DriverIsRenter
    present = list(drivers_of(current))
    if any(row.email.casefold() == address.casefold() for row in present):
        raise DriverAlreadyInvited
    if (
        len(present) >= MOST_DRIVERS
        or AdditionalDriver.objects.filter(booking=current).count() >= MOST_INVITATIONS
    ):
        raise TooManyDrivers
    try:
        with transaction.atomic():
            driver = AdditionalDriver.objects.create(
                booking=current, code=new_code("LX", 10), email=address, invited_at=clock.now()
            )
    except IntegrityError as error:
        raise DriverAlreadyInvited from error
    states.begin(DRIVER, driver, by=by)
    record("driver.invited", current.reference, by=by, driver=driver.code)
    mail.post(_letter(driver, INVITATION))
    return driver


@transaction.atomic
def accept_invitation(*, driver: AdditionalDriver, user: User, by: Actor) -> AdditionalDriver:
    """Let the invited person agree to drive, if they may drive this vehicle. Locks the booking.

    Papers that only wait for our check are enough to agree; at the counter they must be approved. The renter is
    told, and the contract that is not signed yet names the driver from then on.

    Raises:
        InvitationOver: it was taken back or answered, or the handover has begun.
        DriverIsRenter, DriverAlreadyInvited: whoever answers has a part in this trip already.
        NotEligible: age, licence, identity or block; `reasons` says which. Nothing is written.
    """
    current = _answerable(driver)
    if user.pk == current.booking.renter_id:
        raise DriverIsRenter
    if agreed_drivers(current.booking).filter(user=user).exists():
        raise DriverAlreadyInvited
    eligibility = _eligibility(user, current.booking)
    if not eligibility.is_eligible and not eligibility.is_only_waiting:
        raise NotEligible(reasons=eligibility.reasons)
    states.move(
        DRIVER,
        current,
        to=DriverState.ACCEPTED,
        by=by,
        user=user,
        answered_at=clock.now(),
        eligibility=eligibility.as_json(),
    )
    _tell_renter(current)
    drivers_changed.send(AdditionalDriver, booking=current.booking)
    return current


@transaction.atomic
def decline_invitation(*, driver: AdditionalDriver, user: User, by: Actor) -> AdditionalDriver:
    """Let the invited person say no, also after having agreed. Locks the booking.

    Raises:
        InvitationOver: it was taken back, or the handover has begun.
    """
    current = _answerable(driver, also=DriverState.ACCEPTED)
    had_agreed = current.state == DriverState.ACCEPTED
    states.move(DRIVER, current, to=DriverState.DECLINED, by=by, user=user, answered_at=clock.now())
    _tell_renter(current)
    if had_agreed:
        drivers_changed.send(AdditionalDriver, booking=current.booking)
    return current


@transaction.atomic
def remove_driver(*, driver: AdditionalDriver, by: Actor) -> AdditionalDriver:
    """Take an invitation or a driver back; whoever had agreed is told by mail. Locks the booking.

    Raises:
        DriversClosed: the handover has begun, or the booking has ended.
        IllegalTransition: they have declined or were removed already.
    """
    booking = _changeable(driver.booking)
    driver.refresh_from_db(fields=["state"])
    had_agreed = driver.state == DriverState.ACCEPTED
    states.move(DRIVER, driver, to=DriverState.REMOVED, by=by)
    if had_agreed:
        mail.post(_letter(driver, REMOVAL))
        drivers_changed.send(AdditionalDriver, booking=booking)
    return driver


@transaction.atomic
def check_at_pickup(
    *, booking: Booking, seen: Collection[str], user: User, by: Actor
) -> list[AdditionalDriver]:
    """Judge every driver as of now and keep the result; return who may drive.

    `seen` holds the codes of drivers whose original papers and faces `user` has compared at the counter. Whoever
    was not seen, or may not drive today, is removed with that reason, and so is an invitation that nobody
    answered: the contract names only people whom somebody has looked at. The caller holds the locks of the
    drivers' accounts (`accounts_of_drivers`), then the booking's. Safe to call twice.
    """
    allowed = []
    for driver in agreed_drivers(booking):
        assert driver.user is not None
        eligibility = _eligibility(driver.user, booking)
        AdditionalDriver.objects.filter(pk=driver.pk).update(pickup_eligibility=eligibility.as_json())
        driver.pickup_eligibility = eligibility.as_json()
        reason = _obstacle(driver, eligibility, seen, user, by)
        if not reason:
            allowed.append(driver)
            continue
        states.move(DRIVER, driver, to=DriverState.REMOVED, by=by, reason=reason)
    for driver in AdditionalDriver.objects.filter(booking=booking, state=DriverState.INVITED):
        states.move(DRIVER, driver, to=DriverState.REMOVED, by=SYSTEM, reason="not answered before pickup")
    return allowed


def _obstacle(
    driver: AdditionalDriver, eligibility: Eligibility, seen: Collection[str], user: User, by: Actor
) -> str:
    """Say what keeps a driver from driving today; nothing if they may."""
    assert driver.user is not None
    if not eligibility.is_eligible:
        return "not eligible at pickup"
    if driver.code not in seen:
        return "papers not seen at pickup"
    selfie = driver.user.documents.filter(kind=DocumentKind.SELFIE, state=DocumentState.AUTO_PASSED).last()
    if selfie is not None:
        confirm_face(document=selfie, user=user, by=by)
    return "" if is_face_compared(driver.user) else "face not compared"


def is_face_compared(user: User) -> bool:
    """Say whether a machine or a person has found a face to be that on the papers."""
    return user.documents.filter(kind=DocumentKind.SELFIE, state=DocumentState.APPROVED).exists()


def drive_eligibility(*, user: User, booking: Booking) -> Eligibility:
    """Say whether somebody may drive a booking's vehicle for its period; writes nothing."""
    return _eligibility(user, booking)


def _eligibility(user: User, booking: Booking) -> Eligibility:
    # The vehicle's own model: an upgrade may ask for another licence class.
    return check_eligibility(renter=user, model=booking.allocation.vehicle.model, period=booking.period)


def _changeable(booking: Booking) -> Booking:
    current = locks.lock_row(booking)
    if not may_change_drivers(current):
        raise DriversClosed
    return current


def _answerable(driver: AdditionalDriver, *, also: str = "") -> AdditionalDriver:
    booking = locks.lock_row(driver.booking)
    current = AdditionalDriver.objects.get(pk=driver.pk)
    current.booking = booking
    if not may_change_drivers(booking) or current.state not in {DriverState.INVITED, also}:
        raise InvitationOver
    return current


def _tell_renter(driver: AdditionalDriver) -> None:
    booking = driver.booking
    notify(
        user=booking.renter,
        kind=MessageKind.DRIVER_ANSWERED,
        key=f"{MessageKind.DRIVER_ANSWERED}:{driver.code}:{driver.state}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "driver": driver.email,
            "has_agreed": driver.state == DriverState.ACCEPTED,
            "vehicle_model": str(booking.model),
        },
    )


def _letter(driver: AdditionalDriver, templates: tuple[str, str]) -> EmailMessage:
    """Write to an address that may have no account, in the renter's language."""
    booking = driver.booking
    path = reverse("rentals:drive-along", args=[driver.code])
    values = {
        "renter": booking.renter.full_name,
        "vehicle_model": str(booking.model),
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "pickup_name": booking.pickup_station.name,
        "url": settings.SITE_URL.rstrip("/") + path,
    }
    with translation.override(booking.renter.language):
        subject, body = (render_to_string(template, values) for template in templates)
    return EmailMessage(subject=" ".join(subject.split()), body=body, to=[driver.email])
