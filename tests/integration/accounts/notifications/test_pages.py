from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.notifications.enums import DeliveryState
from accounts.notifications.models import Delivery, NotificationPreference
from accounts.notifications.samples import CONTEXTS
from accounts.notifications.selectors import Quiet, choices_of, quiet_of, unread_count
from accounts.notifications.services import notify, register_device, save_choices
from accounts.users.models import User
from tests.factories.accounts import make_user
from voltgo.core import clock, outbox

LIST = "/account/notifications/"
SETTINGS = "/account/notifications/settings/"
# Everything that a renter may tick.
BOXES = [
    "bookings-sms", "bookings-push", "reminders-email", "reminders-sms", "reminders-push", "waitlist-email",
    "waitlist-sms", "waitlist-push", "papers-email", "papers-push", "money-push",
]  # fmt: skip
NIGHT = {"is_quiet": "on", "quiet_from": "22:00", "quiet_to": "07:00"}


@pytest.fixture
def portal(client: Client, newcomer: User) -> Client:
    client.force_login(newcomer)
    return client


def tell(user: User, number: int = 1, kind: str = "booking_changed") -> Delivery:
    return notify(user=user, kind=kind, key=f"{kind}:{user.pk}:{number}", context=CONTEXTS[kind])


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def ticked(*without: str) -> dict[str, str]:
    return dict.fromkeys((name for name in BOXES if name not in without), "on")


class TestList:
    def test_each_message_stands_once_whatever_ways_it_went(self, portal: Client, newcomer: User) -> None:
        register_device(user=newcomer, token="phone-1")
        tell(newcomer, kind="booking_withdrawn")

        page = text_of(portal.get(LIST))

        assert Delivery.objects.count() == 3
        assert page.count("Xin lỗi bạn: chúng tôi phải hủy lượt đặt VG-7K2M4Q") == 1

    def test_a_list_of_many_costs_no_more_queries(
        self,
        portal: Client,
        newcomer: User,
        django_assert_num_queries: DjangoAssertNumQueries,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            for number in range(25):
                tell(newcomer, number)
        portal.get(LIST)

        # Person, count, page; session and the number in the header come from the cache.
        with django_assert_num_queries(3):
            first = text_of(portal.get(LIST))
        assert first.count('class="letter letter-new"') == 20
        assert text_of(portal.get(f"{LIST}?page=2")).count('class="letter letter-new"') == 5

    def test_what_an_operator_sent_again_is_no_news(
        self, portal: Client, newcomer: User, operator: User
    ) -> None:
        from accounts.access.actors import operator_actor
        from accounts.notifications.services import send_again

        tell(newcomer)
        outbox.run_all()
        send_again(delivery=Delivery.objects.get(), by=operator_actor(operator))

        assert text_of(portal.get(LIST)).count('class="letter letter-new"') == 1

    def test_what_did_not_leave_says_so(self, portal: Client, newcomer: User) -> None:
        tell(newcomer)
        Delivery.objects.update(state=DeliveryState.FAILED, failure="refused")

        assert "chưa đến hộp thư của bạn" in text_of(portal.get(LIST))


class TestReading:
    def test_a_message_counts_as_read_once_it_was_opened(
        self, portal: Client, newcomer: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        message = tell(newcomer)
        assert 'class="letter letter-new"' in text_of(portal.get(LIST))

        with django_capture_on_commit_callbacks(execute=True):
            page = text_of(portal.get(f"{LIST}{message.pk}/"))

        message.refresh_from_db()
        assert message.read_at is not None
        assert "Thời gian trước đây" in page
        # The signature of the mail says nothing here, and the button leads where its address did.
        assert "Bạn nhận email này" not in page
        assert "127.0.0.1:8000/bookings" not in page
        assert 'href="/bookings/VG-7K2M4Q/"' in page
        assert "letter-new" not in text_of(portal.get(LIST))

    def test_opening_it_again_keeps_the_first_time(self, portal: Client, newcomer: User) -> None:
        message = tell(newcomer)
        long_ago = clock.now() - timedelta(days=3)
        Delivery.objects.update(read_at=long_ago)

        portal.get(f"{LIST}{message.pk}/")

        assert Delivery.objects.get().read_at == long_ago

    def test_the_page_says_by_which_way_it_went(self, portal: Client, newcomer: User) -> None:
        message = tell(newcomer, kind="booking_withdrawn")
        Delivery.objects.filter(channel="sms").update(state="skipped", failure="no_address")
        Delivery.objects.filter(channel="email").update(state="sent", sent_at=clock.now())

        page = text_of(portal.get(f"{LIST}{message.pk}/"))

        assert "Đã gửi lúc" in page
        assert "Không gửi được" in page

    def test_a_strangers_message_does_not_exist(self, portal: Client, stranger: User) -> None:
        message = tell(stranger)

        assert portal.get(f"{LIST}{message.pk}/").status_code == 404
        assert Delivery.objects.get().read_at is None

    def test_a_text_message_has_no_page_of_its_own(self, portal: Client, newcomer: User) -> None:
        tell(newcomer, kind="booking_withdrawn")

        assert portal.get(f"{LIST}{Delivery.objects.get(channel='sms').pk}/").status_code == 404

    def test_all_can_be_marked_as_read_by_a_button(
        self, portal: Client, newcomer: User, stranger: User
    ) -> None:
        tell(newcomer, 1)
        tell(newcomer, 2)
        theirs = tell(stranger)

        answer = portal.post(f"{LIST}read/")

        assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
        assert Delivery.objects.filter(recipient=newcomer, read_at=None).count() == 0
        theirs.refresh_from_db()
        assert theirs.read_at is None

    def test_reading_all_needs_a_post(self, portal: Client) -> None:
        assert portal.get(f"{LIST}read/").status_code == 405


class TestCount:
    def test_the_header_counts_what_is_unread(self, portal: Client, newcomer: User) -> None:
        assert "tin chưa đọc" not in text_of(portal.get("/"))
        cache.clear()
        tell(newcomer, 1)
        tell(newcomer, 2)

        assert '<span class="count">2<span class="visually-hidden"> tin chưa đọc</span></span>' in text_of(
            portal.get("/")
        )

    def test_news_and_reading_change_it_at_once(
        self, newcomer: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        assert unread_count(newcomer) == 0
        with django_capture_on_commit_callbacks(execute=True):
            message = tell(newcomer)
        assert unread_count(newcomer) == 1
        with django_capture_on_commit_callbacks(execute=True):
            from accounts.notifications.services import mark_read

            mark_read(message=message)
        assert unread_count(newcomer) == 0

    def test_it_is_counted_once_for_many_pages(
        self, newcomer: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            assert unread_count(newcomer) == unread_count(newcomer) == 0

    def test_a_visitor_has_no_count(self, client: Client) -> None:
        assert "tin chưa đọc" not in text_of(client.get("/"))


class TestSettings:
    def test_the_page_shows_what_counts_now(self, portal: Client, newcomer: User) -> None:
        save_choices(user=newcomer, wanted={("waitlist", "sms"): False}, quiet=Quiet(23 * 60, 6 * 60 + 30))

        page = text_of(portal.get(SETTINGS))

        assert 'name="waitlist-sms" id="id_waitlist-sms">' in page
        assert 'name="waitlist-push" id="id_waitlist-push" checked>' in page
        assert 'value="23:00"' in page
        assert 'value="06:30"' in page
        # Mail about bookings and about money, each with its reason below.
        assert page.count('aria-label="Luôn gửi"') == 2
        assert 'name="money-email"' not in page
        assert "tin về tiền, hợp đồng, an toàn và thay đổi" in page

    def test_choices_are_saved_without_any_script(self, portal: Client, newcomer: User) -> None:
        answer = portal.post(SETTINGS, {**ticked("reminders-sms", "papers-email"), **NIGHT}, follow=True)

        assert answer.redirect_chain == [(SETTINGS, 302)]
        assert "Đã lưu cách nhận tin." in text_of(answer)
        off = {pair for pair, is_wanted in choices_of(newcomer).items() if not is_wanted}
        assert off == {("reminders", "sms"), ("papers", "email")}
        assert quiet_of(newcomer) == Quiet(1320, 420)

    def test_quiet_hours_can_be_switched_off(self, portal: Client, newcomer: User) -> None:
        portal.post(SETTINGS, ticked())

        assert not quiet_of(newcomer).is_on
        assert 'id="id_is_quiet" checked' not in text_of(portal.get(SETTINGS))

    @pytest.mark.parametrize(
        ("hours", "complaint"),
        [
            ({"quiet_from": "", "quiet_to": "07:00"}, "Nhập giờ, ví dụ 22:00."),
            ({"quiet_from": "22:00", "quiet_to": "22:00"}, "phải khác nhau"),
            ({"quiet_from": "25:00", "quiet_to": "07:00"}, 'value="25:00"'),
        ],
    )
    def test_hours_that_make_no_sense_come_back_with_what_was_typed(
        self, portal: Client, hours: dict[str, str], complaint: str
    ) -> None:
        answer = portal.post(SETTINGS, {**ticked("papers-push"), "is_quiet": "on", **hours})

        assert answer.status_code == 422
        page = text_of(answer)
        assert complaint in page
        assert 'name="papers-push" id="id_papers-push">' in page
        assert not NotificationPreference.objects.exists()

    def test_mail_about_money_stays_on_whatever_is_posted(self, portal: Client, newcomer: User) -> None:
        portal.post(SETTINGS, {"is_quiet": ""})

        assert choices_of(newcomer)["money", "email"]
        assert not choices_of(newcomer)["money", "push"]

    def test_topics_of_staff_are_shown_to_staff(self, client: Client, newcomer: User) -> None:
        client.force_login(newcomer)
        assert "staff-email" not in text_of(client.get(SETTINGS))
        tell(newcomer, kind="supply_changed")
        assert "staff-email" in text_of(client.get(SETTINGS))
        client.force_login(make_user(is_staff=True))
        assert "staff-email" in text_of(client.get(SETTINGS))

    def test_who_is_not_signed_in_is_asked_to(self, client: Client) -> None:
        assert client.get(SETTINGS).headers["Location"] == f"/account/login/?next={SETTINGS}"

    def test_the_account_links_to_it(self, portal: Client) -> None:
        assert f'href="{SETTINGS}"' in text_of(portal.get("/account/"))
        assert f'href="{SETTINGS}"' in text_of(portal.get(LIST))

    def test_the_page_needs_few_queries(
        self, portal: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        portal.get(SETTINGS)

        # Person, staff's topics, choices, quiet hours.
        with django_assert_num_queries(4):
            portal.get(SETTINGS)
