from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.models import PaymentIntent
from payments.ledger.models import LedgerEntry
from rentals.bookings.models import Booking
from rentals.handovers.models import Rental, Settlement
from rentals.handovers.services import accept_settlement
from tests.factories.handovers import returned
from tests.reading import page, words_of


def detail(client: Client, booking: Booking) -> str:
    return page(client, booking.get_absolute_url())


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
