from datetime import timedelta

import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.models import PaymentIntent
from payments.intents.services import start_payment
from rentals.bookings.models import Booking
from rentals.contracts import services as contracts
from rentals.contracts.selectors import current_contract
from rentals.handovers.models import Rental
from rentals.handovers.services import accept_settlement
from stations.fleet.models import Vehicle
from tests.factories.handovers import returned
from tests.factories.stations import make_station
from tests.reading import page, words_of
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM


def detail(client: Client, booking: Booking) -> str:
    return page(client, booking.get_absolute_url())


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

    def test_a_part_that_came_is_said_with_what_is_missing_and_until_when(
        self, member: Client, held: Booking, traveller: time_machine.Traveller
    ) -> None:
        start_payment(
            intent=PaymentIntent.objects.get(),
            origin="http://testserver/",
            ip_address="127.0.0.1",
            language="vi",
            by=SYSTEM,
        )
        PaymentIntent.objects.update(received_amount=700_000)

        words = detail(member, held)
        assert "Đã nhận 700.000 ₫, còn thiếu 2.900.000 ₫." in words
        assert "Đã nhận 100.000 ₫ trong 3.000.000 ₫" in words

        traveller.shift(timedelta(minutes=14))
        words = detail(member, held)
        assert "đã hết giờ để trả tiếp" in words
        assert "Sau đó 700.000 ₫ được hoàn lại cho bạn." in words
        assert "Đừng trả lần nữa" not in words
        assert "cùng lúc trả tiền thuê" not in words

        traveller.shift(timedelta(minutes=1))
        words = detail(member, held)
        assert "Đã nhận 700.000 ₫, chưa đủ để giữ xe. Khoản này được hoàn lại cho bạn." in words
        assert "Chưa có khoản nào bị trừ" not in words

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
        assert "Ký trên điện thoại này" in words

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
        # six of the money summary; refunds; changes; addenda; receipts; who stands on the invoice; fines.
        with django_assert_num_queries(21):
            member.get(rental.booking.get_absolute_url())

    def test_after_a_refund_payments_and_refunds_stand_line_by_line(
        self, member: Client, booking: Booking
    ) -> None:
        member.post(f"{booking.get_absolute_url()}cancel/", {"fee": "0"})

        words = detail(member, booking)

        assert "Tiền thuê đã trả" not in words
        assert "gồm 3.000.000 ₫ tiền cọc 3.600.000 ₫ Hoàn tiền: hủy đơn" in words


def test_a_one_way_trip_names_both_stations(member: Client, booking: Booking) -> None:
    second_station = make_station(
        slug="landmark-81", code="HCM-02", name="Landmark 81", city=booking.pickup_station.city
    )
    Booking.objects.filter(pk=booking.pk).update(return_station=second_station)

    words = detail(member, booking)

    assert f"Trạm nhận {booking.pickup_station.name} Trạm trả {second_station.name}" in words
    for address in ("/bookings/", f"{booking.get_absolute_url()}cancel/"):
        assert f"{booking.pickup_station.name} → {second_station.name}" in words_of(
            member.get(address).content
        )
