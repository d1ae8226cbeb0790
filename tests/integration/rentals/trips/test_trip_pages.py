import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.models import PaymentIntent, Refund
from payments.ledger.models import LedgerEntry
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.contracts import services as contracts
from rentals.contracts.selectors import current_contract
from rentals.handovers.models import Rental, Settlement
from rentals.handovers.services import accept_settlement
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import returned
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from voltgo.core import clock, outbox
from voltgo.core.models import StateEvent

LIST = "/bookings/"


def words_of(content: bytes) -> str:
    """Return what a reader sees: no tags, one space between words."""
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", words.replace("&nbsp;", " ").replace("\u00a0", " "))


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return words_of(response.content)


def detail(client: Client, booking: Booking) -> str:
    return page(client, booking.get_absolute_url())


@pytest.fixture
def held(renter: User, vehicle: Vehicle) -> Booking:
    """Held and not paid: tomorrow, ten hours."""
    period = a_period(starts_at=clock.now() + timedelta(days=1), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period)
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))


class TestList:
    def test_what_is_ahead_stands_apart_from_what_is_over(
        self, member: Client, renter: User, vehicle: Vehicle, booking: Booking
    ) -> None:
        earlier = a_period(starts_at=clock.now() - timedelta(days=9), hours=4)
        over = make_booking(renter=renter, vehicle=vehicle, period=earlier, state="cancelled")

        words = page(member, LIST)

        ahead, past = words.split("Đã qua")
        assert booking.code in ahead
        assert "Đã xác nhận" in ahead
        assert over.code in past
        assert "Đã hủy" in past

    def test_a_hold_that_ran_out_is_over_though_nobody_swept_it(
        self, member: Client, held: Booking, traveller: time_machine.Traveller
    ) -> None:
        assert held.code in page(member, LIST).split("Đã qua")[0]
        traveller.shift(timedelta(minutes=15))

        words = page(member, LIST)

        assert held.code in words.split("Đã qua")[1]
        assert "Hết giờ giữ xe" in words

    def test_a_rental_under_way_is_not_over(self, member: Client, rental: Rental) -> None:
        words = page(member, LIST)

        assert "Đang thuê" in words
        assert "Đã qua" not in words

    def test_a_stranger_sees_none_of_it(self, client: Client, stranger: User, booking: Booking) -> None:
        client.force_login(stranger)

        words = page(client, LIST)

        assert booking.code not in words
        assert "Bạn chưa có chuyến nào sắp tới" in words

    def test_a_visitor_is_asked_to_sign_in(self, client: Client) -> None:
        assert client.get(LIST)["Location"] == "/account/login/?next=/bookings/"

    def test_the_past_comes_in_pages_without_more_queries(
        self,
        member: Client,
        renter: User,
        vehicle: Vehicle,
        booking: Booking,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for days in range(1, 13):
            period = a_period(starts_at=clock.now() - timedelta(days=days), hours=4)
            make_booking(renter=renter, vehicle=vehicle, period=period, state="cancelled")
        page(member, LIST)

        # Person; ahead; how many are over; one page of them.
        with django_assert_num_queries(4):
            response = member.get(LIST)
        assert len(response.context["past"]) == 10
        assert len(member.get(LIST, {"page": "2"}).context["past"]) == 2


class TestWhoseTripItIs:
    @pytest.mark.parametrize("tail", ["", "cancel/"])
    def test_anothers_trip_looks_like_none(
        self, client: Client, stranger: User, booking: Booking, tail: str
    ) -> None:
        client.force_login(stranger)

        assert client.get(booking.get_absolute_url() + tail).status_code == 404

    @pytest.mark.parametrize("tail", ["cancel/", "settlement/accept/", "settlement/dispute/"])
    def test_nobody_else_can_act_on_it(
        self, client: Client, stranger: User, rental: Rental, attendant: User, tail: str
    ) -> None:
        returned(rental, attendant)
        client.force_login(stranger)
        events = StateEvent.objects.count()

        response = client.post(rental.booking.get_absolute_url() + tail, {"fee": "0", "objection": "Không"})

        assert response.status_code == 404
        assert StateEvent.objects.count() == events

    def test_a_visitor_is_asked_to_sign_in(self, client: Client, booking: Booking) -> None:
        address = booking.get_absolute_url()

        assert client.get(address)["Location"] == f"/account/login/?next={address}"


class TestNextStep:
    def test_a_hold_leads_to_the_payment_with_the_time_left(self, member: Client, held: Booking) -> None:
        response = member.get(held.get_absolute_url())

        intent = PaymentIntent.objects.get()
        words = words_of(response.content)
        assert "Chờ thanh toán" in words
        assert f'href="{intent.get_absolute_url()}"' in response.content.decode()
        # The provider's page closes two minutes before the hold ends.
        assert response.context["next"].ends_at == clock.now() + timedelta(minutes=13)

    def test_a_payment_that_can_no_longer_be_started_is_waited_for(
        self, member: Client, held: Booking, traveller: time_machine.Traveller
    ) -> None:
        traveller.shift(timedelta(minutes=14))

        words = detail(member, held)

        assert "Đang chờ kết quả thanh toán" in words
        assert "Đừng trả lần nữa." in words

    def test_a_hold_that_ran_out_leads_to_a_new_search_of_the_same_period(
        self, member: Client, held: Booking, traveller: time_machine.Traveller
    ) -> None:
        traveller.shift(timedelta(minutes=15))

        response = member.get(held.get_absolute_url())

        assert "Đã hết giờ giữ xe" in words_of(response.content)
        assert response.context["next"].href == (
            f"/stations/?where=station%3A{held.pickup_station.slug}&kind=car&from_day=2026-11-25"
            "&from_time=08%3A00&to_day=2026-11-25&to_time=18%3A00"
        )

    def test_a_confirmed_trip_says_where_and_from_when_and_shows_the_code(
        self, member: Client, booking: Booking
    ) -> None:
        response = member.get(booking.get_absolute_url())

        words = words_of(response.content)
        assert "Đến Bến Thành, sớm nhất 08:00 T3 24/11/2026." in words
        assert f"Hoặc đọc mã: {booking.code}" in words
        assert "<svg" in str(response.context["qr"])

    def test_the_plate_is_promised_only_to_who_chose_the_vehicle(
        self, member: Client, renter: User, booking: Booking, vehicle: Vehicle
    ) -> None:
        # The trip of the fixture was booked by its plate.
        assert vehicle.plate in detail(member, booking)
        Booking.objects.update(is_by_model=True)

        words = detail(member, booking)

        assert vehicle.plate not in words
        assert "Trạm chọn chiếc sẵn sàng nhất" in words

    def test_at_the_counter_the_contract_is_next(self, member: Client, booking: Booking) -> None:
        contract = current_contract(booking)
        assert contract is not None
        contracts.ensure_rendered(contract)
        Booking.objects.update(state="arrived")

        words = detail(member, booking)

        assert "Kiểm tra xe và ký hợp đồng" in words
        assert f"Hợp đồng {contract.number}" in words

    def test_on_the_road_it_says_where_and_until_when(self, member: Client, rental: Rental) -> None:
        words = detail(member, rental.booking)

        assert "Trả xe tại Bến Thành trước 18:30 T3 24/11/2026." in words
        assert "Hủy chuyến" not in words
        assert "Phí trễ tạm tính" not in words

    def test_lateness_shows_what_it_has_cost_so_far(
        self, member: Client, rental: Rental, traveller: time_machine.Traveller
    ) -> None:
        traveller.shift(timedelta(hours=12, minutes=30))

        words = detail(member, rental.booking)

        # Two hours late: the day's price caps the time, so only the fee grows.
        assert "Quá giờ trả xe" in words
        assert "Trễ 2 giờ." in words
        assert "Phí trễ tạm tính" in words
        assert "Tổng cộng 300.000 ₫" in words

    def test_within_the_grace_lateness_costs_nothing(
        self, member: Client, rental: Rental, traveller: time_machine.Traveller
    ) -> None:
        traveller.shift(timedelta(hours=10, minutes=50))

        words = detail(member, rental.booking)

        assert "Quá giờ trả xe" in words
        assert "Phí trễ tạm tính" not in words

    def test_a_cancelled_trip_says_where_the_money_is(self, member: Client, booking: Booking) -> None:
        member.post(f"{booking.get_absolute_url()}cancel/", {"fee": "0"})

        words = detail(member, booking)

        assert "Đang hoàn 3.600.000 ₫ về nguồn đã trả." in words
        assert "−3.600.000 ₫" in words


class TestMoneyAndPapers:
    def test_the_price_stands_as_it_was_frozen_with_the_deposit_apart(
        self, member: Client, booking: Booking
    ) -> None:
        words = detail(member, booking)

        assert "Tiền thuê đã trả 600.000 ₫" in words
        assert "Đã gồm thuế GTGT 8%: 44.444 ₫." in words
        assert "VoltGo đang giữ 3.000.000 ₫" in words

    def test_history_names_what_happened_and_what_is_ahead(self, member: Client, rental: Rental) -> None:
        response = member.get(rental.booking.get_absolute_url())

        assert [str(step["label"]) for step in response.context["history"]] == [
            "Đã giữ xe",
            "Đã thanh toán và xác nhận",
            "Đã đến trạm",
            "Đã nhận xe",
            "Trả xe",
        ]

    def test_a_closed_trip_links_its_receipt(
        self, member: Client, renter: User, rental: Rental, attendant: User
    ) -> None:
        returned(rental, attendant)
        accept_settlement(rental=rental, by=renter_actor(renter))
        outbox.run_all()

        response = member.get(rental.booking.get_absolute_url())

        words = words_of(response.content)
        assert "Chuyến đã hoàn tất" in words
        assert "Mở biên nhận" in words
        assert "Hoàn đủ 3.000.000 ₫ về nguồn đã trả." in words
        assert "Tôi đồng ý quyết toán" not in words

    def test_its_queries_stay_few(
        self,
        member: Client,
        rental: Rental,
        attendant: User,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        returned(rental, attendant)
        member.get(rental.booking.get_absolute_url())

        # Person; trip; settlement and lines; events of both machines; contract; receipt; request for money;
        # six of the money summary; refunds.
        with django_assert_num_queries(16):
            member.get(rental.booking.get_absolute_url())


class TestCancelling:
    def address(self, booking: Booking) -> str:
        return f"{booking.get_absolute_url()}cancel/"

    def test_the_refund_is_shown_before_anything_happens(self, member: Client, booking: Booking) -> None:
        words = page(member, self.address(booking))

        assert "Tiền thuê 600.000 ₫" in words
        assert "Tiền cọc, hoàn đủ 3.000.000 ₫" in words
        assert "Tổng hoàn 3.600.000 ₫" in words
        assert Booking.objects.get().state == "confirmed"
        assert not Refund.objects.exists()

    def test_cancelling_frees_the_vehicle_and_refunds(self, member: Client, booking: Booking) -> None:
        response = member.post(self.address(booking), {"fee": "0"}, follow=True)

        assert "Đã hủy. 3.600.000 ₫ đang được hoàn." in words_of(response.content)
        booking.refresh_from_db()
        assert (booking.state, booking.cancel_reason) == ("cancelled", "renter")
        assert VehicleAllocation.objects.get().state == "released"
        assert Refund.objects.get().amount == 3_600_000

    def test_a_fee_that_was_not_shown_is_not_taken(
        self, member: Client, booking: Booking, traveller: time_machine.Traveller
    ) -> None:
        # Booked half an hour before the start: free for an hour, but not once the trip has begun.
        traveller.shift(timedelta(minutes=31))

        response = member.post(self.address(booking), {"fee": "0"})

        words = words_of(response.content)
        assert response.status_code == 409
        assert "Mức hoàn vừa thay đổi" in words
        assert "Phí hủy, không hoàn 600.000 ₫" in words
        assert Booking.objects.get().state == "confirmed"
        assert not Refund.objects.exists()

    def test_an_unpaid_hold_costs_nothing_to_give_up(self, member: Client, held: Booking) -> None:
        assert "Bạn chưa trả khoản nào, nên hủy không mất gì." in page(member, self.address(held))

        member.post(self.address(held), {"fee": "0"})

        assert Booking.objects.get().state == "cancelled"
        assert VehicleAllocation.objects.get().state == "released"

    def test_a_trip_under_way_cannot_be_cancelled(self, member: Client, rental: Rental) -> None:
        address = self.address(rental.booking)

        response = member.post(address, {"fee": "0"}, follow=True)

        assert "Lượt đặt này không thể hủy được nữa." in words_of(response.content)
        assert Booking.objects.get().state == "fulfilled"


class TestSettlement:
    @pytest.fixture
    def settlement(self, rental: Rental, attendant: User) -> Settlement:
        """300 km driven, 125 are included; 10 % of charge left: 875,000 and 50,000 on top."""
        return returned(rental, attendant, odometer_km=12_300, battery_percent=10)

    def test_every_line_is_shown_with_both_answers(
        self, member: Client, rental: Rental, settlement: Settlement
    ) -> None:
        words = detail(member, rental.booking)

        assert "Vượt 175 km × 5.000 ₫ 875.000 ₫" in words
        assert "Phí sạc: thiếu 10 % pin 50.000 ₫" in words
        assert "Tổng cộng 1.525.000 ₫" in words
        assert "Trừ vào tiền cọc 925.000 ₫" in words
        assert "Tiền cọc hoàn lại 2.075.000 ₫" in words
        assert "Tôi đồng ý quyết toán" in words
        assert "Tôi không đồng ý một khoản" in words

    def test_accepting_closes_the_rental_and_moves_the_money(
        self, member: Client, rental: Rental, settlement: Settlement
    ) -> None:
        address = f"{rental.booking.get_absolute_url()}settlement/accept/"

        response = member.post(address, follow=True)

        rental.refresh_from_db()
        assert rental.state == "closed"
        words = words_of(response.content)
        assert "Trừ 925.000 ₫ cho khoản phát sinh, hoàn 2.075.000 ₫ về nguồn đã trả." in words

    def test_accepting_twice_moves_the_money_once(
        self, member: Client, rental: Rental, settlement: Settlement
    ) -> None:
        address = f"{rental.booking.get_absolute_url()}settlement/accept/"
        member.post(address)
        entries = LedgerEntry.objects.count()

        member.post(address)

        assert LedgerEntry.objects.count() == entries

    def test_an_objection_stops_everything_and_is_shown(
        self, member: Client, rental: Rental, settlement: Settlement
    ) -> None:
        address = f"{rental.booking.get_absolute_url()}settlement/dispute/"

        response = member.post(address, {"objection": "Pin còn 30% khi tôi trả xe."}, follow=True)

        rental.refresh_from_db()
        words = words_of(response.content)
        assert rental.state == "disputed"
        assert "Đang xem xét khiếu nại" in words
        assert "Khiếu nại của bạn: Pin còn 30% khi tôi trả xe." in words
        assert "Tôi đồng ý quyết toán" not in words

    def test_an_empty_objection_is_refused_at_the_field(
        self, member: Client, rental: Rental, settlement: Settlement
    ) -> None:
        address = f"{rental.booking.get_absolute_url()}settlement/dispute/"

        response = member.post(address, {"objection": "  "})

        rental.refresh_from_db()
        assert response.status_code == 422
        assert words_of(response.content).count("Cho biết bạn không đồng ý khoản nào.") == 2
        assert rental.state == "settling"

    def test_after_two_days_it_is_too_late_to_object(
        self, member: Client, rental: Rental, settlement: Settlement, traveller: time_machine.Traveller
    ) -> None:
        traveller.shift(timedelta(hours=48))
        address = f"{rental.booking.get_absolute_url()}settlement/dispute/"

        member.post(address, {"objection": "Tôi không đồng ý."})

        rental.refresh_from_db()
        assert rental.state == "settling"

    def test_a_trip_without_a_settlement_has_nothing_to_accept(
        self, member: Client, booking: Booking
    ) -> None:
        assert member.post(f"{booking.get_absolute_url()}settlement/accept/").status_code == 404


def test_a_debt_after_the_deposit_leads_to_its_payment(
    member: Client, renter: User, rental: Rental, attendant: User
) -> None:
    # 1,000 km, 125 included: 4,375,000 is more than the deposit.
    returned(rental, attendant, odometer_km=13_000)
    accept_settlement(rental=rental, by=renter_actor(renter))

    response = member.get(rental.booking.get_absolute_url())

    words = words_of(response.content)
    assert "Còn một khoản phải trả" in words
    assert "Còn thiếu 1.375.000 ₫." in words
    assert response.context["next"].href == PaymentIntent.objects.get(purpose="balance").get_absolute_url()


def test_an_attendant_may_be_a_renter_of_their_own(client: Client, attendant: User, vehicle: Vehicle) -> None:
    make_vehicle(model=vehicle.model, station=vehicle.station)
    client.force_login(attendant)

    assert page(client, LIST)
