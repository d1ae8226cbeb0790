"""An address is not a person: accounts change theirs, and each person drives once."""

import pytest

from accounts.access.actors import renter_actor
from rentals.drivers.enums import DriverState
from rentals.drivers.errors import DriverAlreadyInvited, DriverIsRenter
from rentals.drivers.services import accept_invitation, invite_driver


def test_a_renter_who_takes_over_the_invited_address_is_no_additional_driver(invitation, renter):
    with pytest.raises(DriverIsRenter):
        accept_invitation(driver=invitation, user=renter, by=renter_actor(renter))

    invitation.refresh_from_db()
    assert (invitation.state, invitation.user) == (DriverState.INVITED, None)


def test_one_person_does_not_fill_both_places_with_two_addresses(invitation, booking, renter, friend):
    second = invite_driver(booking=booking, email="ha.other@example.vn", by=renter_actor(renter))
    accept_invitation(driver=invitation, user=friend, by=renter_actor(friend))

    with pytest.raises(DriverAlreadyInvited):
        accept_invitation(driver=second, user=friend, by=renter_actor(friend))

    second.refresh_from_db()
    assert (second.state, second.user) == (DriverState.INVITED, None)
