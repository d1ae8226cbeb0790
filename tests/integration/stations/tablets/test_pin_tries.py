import logging

import pytest

from accounts.access.actors import staff_actor
from stations.tablets import services
from stations.tablets.errors import PersonUnknown, PinLocked, PinTooWeak, PinWrong
from stations.tablets.models import StaffPin
from stations.tablets.selectors import people_of
from tests.factories.devices import PIN, make_pin
from tests.factories.stations import make_post, make_station
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent

WRONG = "903175"


def wrong_tries(user):
    return StaffPin.objects.get(user=user).wrong_count


def test_a_pin_is_hashed_and_said_nowhere(with_pin, caplog):
    caplog.set_level(logging.DEBUG)
    make_pin(with_pin)
    assert PIN not in StaffPin.objects.get().pin_hash
    assert PIN not in str(list(AuditEvent.objects.values()))
    assert PIN not in caplog.text


def test_a_weak_pin_is_refused(attendant):
    for pin in ("123456", "12345", "abcdef"):
        with pytest.raises(PinTooWeak):
            services.set_pin(user=attendant, pin=pin, by=staff_actor(attendant))
    assert not StaffPin.objects.exists()


def test_one_pin_of_two_people_has_two_hashes(with_pin, supervisor):
    make_pin(supervisor)
    assert StaffPin.objects.values("pin_hash").distinct().count() == 2


def test_the_right_pin_opens(with_pin, tablet):
    post = services.unlock(tablet=tablet, person=with_pin.public_id, pin=PIN)
    assert (post.user, post.station) == (with_pin, tablet.station)


def test_after_five_wrong_tries_even_the_right_pin_is_refused(with_pin, tablet):
    for left in (4, 3, 2, 1):
        with pytest.raises(PinWrong) as refusal:
            services.check_pin(user=with_pin, pin=WRONG, tablet=tablet)
        assert refusal.value.details["left"] == left
    for pin in (WRONG, PIN):
        with pytest.raises(PinLocked):
            services.check_pin(user=with_pin, pin=pin, tablet=tablet)
    noted = AuditEvent.objects.filter(action="pin.refused").order_by("pk")
    assert [event.changes for event in noted] == [
        {"tablet": tablet.code, "count": count} for count in range(1, 6)
    ]


def test_wrong_tries_count_in_a_row_only(with_pin, tablet):
    for _ in range(4):
        with pytest.raises(PinWrong):
            services.check_pin(user=with_pin, pin=WRONG, tablet=tablet)
    services.check_pin(user=with_pin, pin=PIN, tablet=tablet)
    assert wrong_tries(with_pin) == 0


def test_a_full_sign_in_lets_the_pin_count_again(with_pin, tablet):
    StaffPin.objects.update(wrong_count=5)
    services.forget_wrong_tries(user=with_pin)
    services.check_pin(user=with_pin, pin=PIN, tablet=tablet)


def test_a_colleague_of_another_station_is_a_stranger_here(tablet, stranger):
    make_post(user=stranger, station=make_station())
    make_pin(stranger)
    with pytest.raises(PersonUnknown):
        services.unlock(tablet=tablet, person=stranger.public_id, pin=PIN)
    assert wrong_tries(stranger) == 0


@pytest.mark.parametrize("person", ["U-2222222222", "", "staff@example.vn"])
def test_made_up_people_are_strangers(tablet, with_pin, person):
    with pytest.raises(PersonUnknown):
        services.unlock(tablet=tablet, person=person, pin=PIN)


def test_whoever_has_left_the_station_opens_nothing(with_pin, tablet):
    with_pin.staff_posts.update(ended_at=clock.now())
    with pytest.raises(PersonUnknown):
        services.unlock(tablet=tablet, person=with_pin.public_id, pin=PIN)
    assert people_of(tablet.station) == []


def test_the_lock_screen_names_those_with_a_pin(with_pin, supervisor, station, django_assert_num_queries):
    StaffPin.objects.update(wrong_count=5)
    with django_assert_num_queries(1):
        people = people_of(station)
    assert [(person.name, person.role, person.is_locked) for person in people] == [
        ("Bùi Quang Huy", "attendant", True)
    ]


def test_a_pin_that_was_taken_away_opens_nothing(with_pin, tablet, by_operator):
    services.remove_pin(pin=with_pin.staff_pin, reason="Nghỉ dài", by=by_operator)
    with pytest.raises(PersonUnknown):
        services.unlock(tablet=tablet, person=with_pin.public_id, pin=PIN)
    assert AuditEvent.objects.filter(action="pin.removed").count() == 1
