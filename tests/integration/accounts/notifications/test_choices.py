from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.notifications.enums import Channel, Topic
from accounts.notifications.errors import ChoiceNotOffered
from accounts.notifications.models import Delivery, NotificationPreference, QuietHours
from accounts.notifications.samples import CONTEXTS
from accounts.notifications.selectors import Quiet, choices_of, quiet_of
from accounts.notifications.services import notify, register_device, release_put_off, save_choices
from accounts.users.models import User
from tests.factories.accounts import make_user
from voltgo.core import clock, outbox
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.models import OutboxMessage


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL_ZONE)


@pytest.fixture
def night() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(27, 23), tick=False) as traveller:
        yield traveller


@pytest.fixture
def day() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(27, 12), tick=False) as traveller:
        yield traveller


def tell(user: User, kind: str, **changes: Any) -> Delivery:
    return notify(user=user, kind=kind, key=f"{kind}:1", context={**CONTEXTS[kind], **changes})


def state_of(channel: str) -> tuple[str, str]:
    row = Delivery.objects.get(channel=channel)
    return row.state, row.failure


class TestPreferences:
    pytestmark = pytest.mark.usefixtures("day")

    def test_without_a_choice_everything_is_wanted(self, newcomer: User) -> None:
        assert set(choices_of(newcomer).values()) == {True}

    def test_a_channel_that_is_not_wanted_is_left_alone(self, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={(Topic.REMINDERS, Channel.SMS): False})

        tell(newcomer, "pickup_reminder")
        outbox.run_all()

        assert list(Delivery.objects.values_list("channel", "state")) == [("email", "sent")]

    def test_mail_that_is_not_wanted_stays_in_the_account_and_is_not_sent(self, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={(Topic.REMINDERS, Channel.EMAIL): False})

        delivery = tell(newcomer, "pickup_reminder")
        outbox.run_all()

        assert (delivery.state, delivery.failure) == ("skipped", "not_wanted")
        assert mail.outbox == []
        assert state_of("sms") == ("sent", "")

    def test_lateness_is_mailed_to_those_who_want_no_reminders(self, newcomer: User) -> None:
        save_choices(
            user=newcomer,
            wanted={(Topic.REMINDERS, Channel.EMAIL): False, (Topic.REMINDERS, Channel.SMS): False},
        )

        tell(newcomer, "return_overdue")
        outbox.run_all()

        assert len(mail.outbox) == 1
        assert list(Delivery.objects.values_list("channel", "state")) == [("email", "sent")]

    def test_a_choice_holds_for_its_topic_and_for_its_person_only(
        self, newcomer: User, stranger: User
    ) -> None:
        save_choices(user=newcomer, wanted={(Topic.REMINDERS, Channel.EMAIL): False})

        assert choices_of(newcomer)["waitlist", "email"]
        assert choices_of(stranger)["reminders", "email"]

    def test_a_changed_mind_replaces_the_choice(self, newcomer: User) -> None:
        for is_wanted in (False, True):
            save_choices(user=newcomer, wanted={(Topic.WAITLIST, Channel.SMS): is_wanted})

        assert NotificationPreference.objects.get().is_wanted

    @pytest.mark.parametrize(
        ("topic", "channel"),
        [("money", "email"), ("bookings", "email"), ("papers", "sms"), ("gossip", "email"), ("money", "fax")],
    )
    def test_what_is_mandatory_or_not_offered_cannot_be_chosen(
        self, newcomer: User, topic: str, channel: str
    ) -> None:
        with pytest.raises(ChoiceNotOffered):
            save_choices(user=newcomer, wanted={("waitlist", "sms"): False, (topic, channel): False})

        assert not NotificationPreference.objects.exists()

    def test_to_want_what_is_sent_anyway_is_no_mistake(self, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={("money", "email"): True})

        assert not NotificationPreference.objects.exists()

    def test_each_channel_speaks_the_readers_language(self) -> None:
        user = make_user(language="en")
        register_device(user=user, token="phone-1")

        tell(user, "vehicle_upgraded")

        assert set(Delivery.objects.values_list("language", flat=True)) == {"en"}


class TestQuietHours:
    def test_mail_leaves_at_night_and_the_text_message_waits_for_the_morning(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        register_device(user=newcomer, token="phone-1")
        tell(newcomer, "vehicle_reassigned", starts_at=at(28, 14))
        outbox.run_all()

        assert state_of("email") == ("sent", "")
        assert state_of("sms") == state_of("push") == ("queued", "")
        assert Delivery.objects.get(channel="sms").not_before == at(28, 7)
        assert OutboxMessage.objects.count() == 1

        night.move_to(at(28, 6, 59))
        assert release_put_off() == 0
        night.move_to(at(28, 7))
        assert release_put_off() == 2
        outbox.run_all()
        assert state_of("sms") == state_of("push") == ("sent", "")
        assert release_put_off() == 0

    def test_a_sweeper_that_runs_twice_promises_once(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        tell(newcomer, "vehicle_reassigned", starts_at=at(28, 14))
        night.move_to(at(28, 7))

        release_put_off()
        release_put_off()

        assert OutboxMessage.objects.filter(topic="notifications.send").count() == 2

    def test_by_day_nothing_waits(self, day: time_machine.Traveller, newcomer: User) -> None:
        tell(newcomer, "vehicle_reassigned", starts_at=at(28, 14))
        outbox.run_all()

        assert state_of("sms") == ("sent", "")

    @pytest.mark.parametrize("kind", ["return_overdue", "return_escalated"])
    def test_lateness_breaks_the_night(
        self, night: time_machine.Traveller, newcomer: User, kind: str
    ) -> None:
        tell(newcomer, kind, due_at=at(27, 22))
        outbox.run_all()

        assert state_of("sms") == ("sent", "")

    def test_an_offer_breaks_the_night_because_it_is_gone_by_the_morning(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        tell(newcomer, "waitlist_offer", offered_until=at(27, 23, 30))
        outbox.run_all()

        assert state_of("sms") == ("sent", "")

    @pytest.mark.parametrize(
        ("kind", "starts_at", "state"),
        [
            # Six hours to find another way: not left at 07:00 for 12:00.
            ("booking_withdrawn", at(28, 12), "sent"),
            ("booking_withdrawn", at(28, 13), "queued"),
            # An equal vehicle: an hour before is early enough.
            ("vehicle_reassigned", at(28, 7, 30), "sent"),
            ("vehicle_reassigned", at(28, 8), "queued"),
            ("vehicle_upgraded", at(28, 7, 59), "sent"),
        ],
    )
    def test_what_changes_the_plan_shortly_before_pickup_does_not_wait(
        self, night: time_machine.Traveller, newcomer: User, kind: str, starts_at: datetime, state: str
    ) -> None:
        tell(newcomer, kind, starts_at=starts_at)
        outbox.run_all()

        assert state_of("sms") == (state, "")

    def test_a_reminder_to_return_soon_goes_through(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        tell(newcomer, "return_reminder", due_at=at(27, 23, 30))
        outbox.run_all()

        assert state_of("sms") == ("sent", "")

    def test_a_reminder_that_would_come_after_the_pickup_is_skipped(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        tell(newcomer, "pickup_reminder", starts_at=at(28, 6, 30))
        outbox.run_all()

        assert state_of("email") == ("sent", "")
        assert state_of("sms") == ("skipped", "too_late")

    def test_a_reminder_that_still_helps_in_the_morning_waits(
        self, night: time_machine.Traveller, newcomer: User
    ) -> None:
        tell(newcomer, "pickup_reminder", starts_at=at(28, 8))

        assert state_of("sms") == ("queued", "")

    def test_what_waits_for_the_morning_is_dropped_when_newer_news_make_it_wrong(
        self, night: time_machine.Traveller, newcomer: User, stranger: User
    ) -> None:
        for user in (newcomer, stranger):
            for kind in ("pickup_reminder", "booking_cancelled"):
                context = {**CONTEXTS[kind], "starts_at": at(28, 8)}
                if kind == "booking_cancelled" and user == stranger:
                    continue
                notify(
                    user=user,
                    kind=kind,
                    key=f"{kind}:{user.pk}",
                    reference=f"booking:{user.pk}",
                    context=context,
                )

        mine = Delivery.objects.get(recipient=newcomer, channel="sms")
        theirs = Delivery.objects.get(recipient=stranger, channel="sms")
        assert (mine.state, mine.failure) == ("skipped", "outdated")
        assert theirs.state == "queued"
        night.move_to(at(28, 7))
        assert release_put_off() == 1
        outbox.run_all()
        assert Delivery.objects.get(pk=mine.pk).sent_at is None
        assert set(Delivery.objects.filter(channel="email").values_list("state", flat=True)) == {"sent"}

    def test_hours_of_ones_own_count(self, night: time_machine.Traveller, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={}, quiet=Quiet(1 * 60, 5 * 60))
        tell(newcomer, "vehicle_reassigned", starts_at=at(28, 14))
        outbox.run_all()

        assert state_of("sms") == ("sent", "")

    def test_whoever_wants_none_has_none(self, night: time_machine.Traveller, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={}, quiet=Quiet(0, 0))
        tell(newcomer, "vehicle_reassigned", starts_at=at(28, 14))

        assert not quiet_of(newcomer).is_on
        assert Delivery.objects.get(channel="sms").not_before is None

    def test_hours_are_saved_once_per_person(self, newcomer: User) -> None:
        for quiet in (Quiet(60, 300), Quiet(1380, 360)):
            save_choices(user=newcomer, wanted={}, quiet=quiet)

        assert QuietHours.objects.count() == 1
        assert quiet_of(newcomer) == Quiet(1380, 360)


class TestWhatIsTooLate:
    @pytest.mark.parametrize(
        ("kind", "moment"),
        [
            ("pickup_reminder", "starts_at"),
            ("return_reminder", "due_at"),
            ("waitlist_offer", "offered_until"),
        ],
    )
    def test_a_message_that_a_long_queue_made_pointless_is_skipped(
        self, day: time_machine.Traveller, newcomer: User, kind: str, moment: str
    ) -> None:
        tell(newcomer, kind, **{moment: clock.now() + timedelta(hours=1)})
        day.shift(timedelta(hours=1))

        outbox.run_all()

        assert mail.outbox == []
        assert state_of("email") == state_of("sms") == ("skipped", "too_late")

    def test_what_tells_of_money_is_never_too_late(self, day: time_machine.Traveller, newcomer: User) -> None:
        tell(newcomer, "booking_withdrawn")
        day.shift(timedelta(days=3))

        outbox.run_all()

        assert len(mail.outbox) == 1
