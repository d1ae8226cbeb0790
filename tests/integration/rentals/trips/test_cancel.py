from datetime import timedelta

import time_machine
from django.test import Client
from django.urls import reverse

from accounts.notifications.models import Delivery
from payments.intents.models import Deposit, DepositHold, PaymentIntent, Refund
from payments.intents.services import credit_of
from rentals.bookings.models import Booking
from rentals.handovers.models import Rental
from stations.timeline.models import VehicleAllocation
from tests.factories.ways_back import SENDER, receive
from tests.reading import page, words_of
from voltgo.core import outbox


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

    def test_money_paid_in_cash_comes_back_at_the_counter(self, member: Client, held: Booking) -> None:
        receive(PaymentIntent.objects.get(), "cash")

        words = page(member, self.address(held))

        assert "Tiền mặt tại quầy Nhận lại tiền mặt tại quầy của trạm" in words
        assert "1 đến 7 ngày" not in words
        member.post(self.address(held), {"fee": "0"})
        outbox.run_all()
        letter = Delivery.objects.get(kind="booking_cancelled").body
        assert "Mời bạn đến quầy của trạm nhận lại" in letter
        assert "Ngân hàng" not in letter
        assert "Mời bạn đến quầy của trạm nhận lại" in page(member, held.get_absolute_url())

    def test_money_that_the_provider_cannot_return_is_transferred(
        self, member: Client, held: Booking
    ) -> None:
        receive(PaymentIntent.objects.get(), "bank", sender=SENDER)

        words = page(member, self.address(held))

        assert "Chuyển khoản VoltGo chuyển khoản trong 3 ngày làm việc." in words
        assert "1 đến 7 ngày" not in words
        member.post(self.address(held), {"fee": "0"})
        said = page(member, held.get_absolute_url())
        assert "VoltGo chuyển khoản lại 3.600.000 ₫ cho bạn trong 3 ngày làm việc." in said
        refund = page(member, reverse("payments:refund-detail", args=[Refund.objects.get().pk]))
        assert "VoltGo chuyển khoản trong 3 ngày làm việc." in refund

    def test_a_planned_hold_will_not_be_placed(self, member: Client, booking: Booking) -> None:
        deposit = Deposit.objects.get()
        DepositHold.objects.create(
            deposit=deposit,
            intent=PaymentIntent.objects.get(),
            provider="stripe",
            merchant_ref="261124PLAN",
            amount=3_000_000,
            state="planned",
            place_at=booking.starts_at,
        )

        words = page(member, self.address(booking))

        assert "Khoản cọc 3.000.000 ₫ chưa được giữ trên thẻ." in words

    def test_the_letter_says_when_the_money_comes_by_its_way(self, member: Client, booking: Booking) -> None:
        member.post(self.address(booking), {"fee": "0"})

        outbox.run_all()
        letter = " ".join(Delivery.objects.get(kind="booking_cancelled").body.split())
        assert "Đang hoàn 3.600.000 ₫ về nguồn đã trả. Ngân hàng thường cần 1 đến 7 ngày làm việc." in letter

    def test_cancelling_frees_the_vehicle_and_refunds(self, member: Client, booking: Booking) -> None:
        response = member.post(self.address(booking), {"fee": "0"}, follow=True)

        assert "Đã hủy. 3.600.000 ₫ đang được hoàn." in words_of(response.content)
        booking.refresh_from_db()
        assert (booking.state, booking.cancel_reason) == ("cancelled", "renter")
        assert VehicleAllocation.objects.get().state == "released"
        assert Refund.objects.get().amount == 3_600_000

    def test_the_renter_may_have_the_refund_as_credit_at_once(self, member: Client, booking: Booking) -> None:
        form = {"fee": "0", "refund_way": "credit"}
        response = member.post(self.address(booking), form, follow=True)

        assert "Đã hủy. 3.600.000 ₫ đã vào số dư VoltGo của bạn." in words_of(response.content)
        refund = Refund.objects.get()
        assert (refund.state, refund.way) == ("succeeded", "credit")
        assert credit_of(booking.renter) == 3_600_000
        words = page(member, booking.get_absolute_url())
        assert "3.600.000 ₫ đã vào số dư VoltGo của bạn." in words
        assert "về nguồn đã trả" not in words

    def test_the_browser_chooses_no_other_way_back(self, member: Client, booking: Booking) -> None:
        member.post(self.address(booking), {"fee": "0", "refund_way": "cash"})

        assert Refund.objects.get().way == "original"

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
