"""The demo city: seeded once in small, on a weekday morning, and then looked at from all sides."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.notifications.models import Delivery
from accounts.users.models import User
from payments.demo import payments_to_tell
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.store import Store, store_path
from payments.intents.enums import RefundState
from payments.intents.models import Payment, Refund
from payments.intents.selectors import balance_of, money_of
from payments.intents.services import poll_refunds, release_deposit, submit_refund
from payments.invoices.models import Receipt
from payments.invoices.tax_models import TaxRule
from payments.ledger.selectors import prove
from payments.reconciliation.models import StatementLine
from payments.reconciliation.services import import_settlement, reconcile
from rentals.bookings.models import Booking
from rentals.bookings.services import check_eligibility
from rentals.demo.logins import DEMO_PASSWORD, DEMO_PIN, PIN_EMAILS, demo_logins
from rentals.demo.people import PERSONAS
from rentals.handovers.models import Inspection, Rental, Settlement
from rentals.handovers.services.settlement import content_hash, outcome_of
from rentals.pricing.calendar_models import Holiday
from rentals.pricing.models import Quote, Tariff
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion
from rentals.pricing.services import quote_hash, vat_bp_on
from stations.fleet.models import Vehicle, VehicleModel
from stations.maintenance.models import MaintenanceTicket
from stations.network.models import City, OpeningHours, StaffPost, Station
from stations.tablets.models import StaffPin
from stations.tablets.pins import is_right
from stations.timeline.models import VehicleAllocation
from stations.transfers.models import VehicleTransfer
from tests.factories.accounts import make_user
from tests.fakes.vnpay import running_sandbox
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period
from voltgo.core.models import AuditEvent, OutboxMessage

# A Wednesday, half past eight in Vietnam.
NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
DAYS, VEHICLES = 10, 60


@pytest.fixture(scope="module")
def seeded(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """What the command said. One transaction around the module: each test stands on the same city."""
    var = tmp_path_factory.mktemp("demo")
    storages = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": var}},
    }
    said = io.StringIO()
    with (
        django_db_blocker.unblock(),
        override_settings(VAR_DIR=var, STORAGES=storages),
        time_machine.travel(NOW, tick=False),
        transaction.atomic(),
    ):
        call_command("seed_demo", days=DAYS, vehicles=VEHICLES, stdout=said)
        with connection.cursor() as cursor:
            # Foreign keys and the balance of each entry are judged at commit, which never comes here.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield said.getvalue()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _city(seeded: str) -> None:
    """Every test here is about the seeded city."""


def persona(name: str) -> User:
    return User.objects.get(email=PERSONAS[name].email)


def rows_of_everything() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


# --- Places, vehicles, prices -------------------------------------------------------------------------
def test_three_cities_with_their_stations_and_hours() -> None:
    assert City.objects.count() == 3
    assert Station.objects.count() == 24
    assert OpeningHours.objects.count() == 24 * 7
    airport = Station.objects.get(code="HCM-02").opening_hours.get(weekday=0)
    assert (airport.opens_minute, airport.closes_minute) == (0, 1440)


def test_each_station_has_its_share_of_the_fleet() -> None:
    assert Vehicle.objects.count() == VEHICLES
    assert VehicleModel.objects.count() == 16
    at_stations = [station.vehicles.count() for station in Station.objects.all()]
    assert min(at_stations) >= 1
    assert max(at_stations) <= 4


def test_every_holiday_and_tax_rate_names_its_source_and_new_years_day_of_the_lunar_year_is_one() -> None:
    assert all(holiday.source for holiday in Holiday.objects.all())
    assert all(rule.source for rule in TaxRule.objects.all())
    tet = Holiday.objects.get(first_day__lte=date(2027, 2, 6), last_day__gte=date(2027, 2, 6))
    assert (tet.name, tet.minimum_days) == ("Tết Đinh Mùi", 3)


def test_what_can_be_added_is_there_and_quotes_keep_the_policy_they_were_made_with() -> None:
    assert AddOn.objects.filter(vehicle_kind="car").count() == 3
    assert OneWayFee.objects.filter(origin=None, destination=None).count() == 2
    assert set(Promotion.objects.values_list("code", flat=True)) == {"CHAOVOLTGO", "CUOITUAN"}
    assert not Quote.objects.filter(policy={}).exists()


def test_prices_are_there_before_and_after_the_change_of_december() -> None:
    assert Tariff.objects.count() == 32
    model = VehicleModel.objects.get(slug="vinfast-vf-8-eco")
    assert list(model.tariffs.order_by("valid_from").values_list("day_amount", flat=True)) == [
        1_500_000,
        1_575_000,
    ]
    assert set(Tariff.objects.values_list("weekend_bp", flat=True)) == {12_000}


def test_vat_follows_the_law_of_the_day() -> None:
    assert TaxRule.objects.filter(activity="vehicle_rental").count() == 3
    days = [datetime(2025, 6, 30, tzinfo=UTC), NOW, datetime(2027, 1, 1, tzinfo=UTC)]
    assert [vat_bp_on(day.date()) for day in days] == [1_000, 800, 1_000]


def test_some_vehicles_cannot_go_out() -> None:
    conditions = set(Vehicle.objects.values_list("condition", flat=True))
    assert conditions == {"ready", "on_rental", "preparation", "maintenance", "in_transfer"}
    blocked = VehicleAllocation.objects.get(kind="maintenance")
    assert blocked.vehicle.condition == "maintenance"
    assert Vehicle.objects.filter(insurance_expires_on__lt=clock.today()).count() == 2


def test_each_yard_shows_what_it_is_for() -> None:
    tickets = MaintenanceTicket.objects.filter(station__code="HCM-01")
    assert set(tickets.values_list("state", flat=True)) >= {"open", "assigned", "resolved"}
    assert "picked_up" in VehicleTransfer.objects.values_list("state", flat=True)
    assert Vehicle.objects.filter(bay__station=F("station")).count() > VEHICLES // 4


# --- People -------------------------------------------------------------------------------------------
def test_everybody_can_sign_in_with_the_published_password() -> None:
    for _label, email, password in demo_logins():
        user = User.objects.get(email=email)
        assert check_password(password, user.password)
        assert user.emailaddress_set.get().verified
    assert User.objects.exclude(email__endswith="@demo.voltgo.vn").count() == 0


def test_named_staff_have_the_published_pin() -> None:
    found = StaffPin.objects.select_related("user").order_by("user__email")
    assert sorted(PIN_EMAILS) == [pin.user.email for pin in found]
    for pin in found:
        assert is_right(DEMO_PIN, pin.pin_hash, person=pin.user.public_id)


def test_staff_stand_at_their_stations_and_one_at_two() -> None:
    technicians = 3 * 2
    assert StaffPost.objects.count() == 24 * 2 + 1 + technicians
    posts = StaffPost.objects.filter(user__email="attendant-hcm-03@demo.voltgo.vn")
    assert sorted(posts.values_list("station__code", flat=True)) == ["HCM-03", "HCM-07"]


def test_only_operator_finance_and_admin_enter_the_admin() -> None:
    assert sorted(User.objects.filter(is_staff=True).values_list("email", flat=True)) == [
        "admin@demo.voltgo.vn",
        "finance-2@demo.voltgo.vn",
        "finance@demo.voltgo.vn",
        "operator@demo.voltgo.vn",
    ]
    assert persona("operator").has_perm("accounts.review_identitydocument")


@pytest.mark.parametrize("name", ["finance", "checker"])
def test_two_people_share_the_work_on_money(name: str) -> None:
    assert persona(name).has_perm("payments.approve_refund")
    assert persona(name).has_perm("payments.reconcile_cashsession")
    assert not persona(name).has_perm("accounts.block_user")


@pytest.mark.parametrize(
    ("name", "scooter", "car"),
    [
        ("verified", [], []),
        ("waiting", ["identity_waiting", "licence_waiting"], ["identity_waiting", "licence_waiting"]),
        ("expired", ["licence_expired"], ["licence_expired"]),
        ("blocked", ["blocked"], ["blocked"]),
        (
            "new",
            ["identity_missing", "licence_missing", "selfie_missing"],
            ["identity_missing", "licence_missing", "selfie_missing"],
        ),
    ],
)
def test_personas_may_drive_what_they_are_there_to_show(
    name: str, scooter: list[str], car: list[str]
) -> None:
    period = Period(NOW + timedelta(days=1), NOW + timedelta(days=2))
    reasons = [
        [
            str(reason.code)
            for reason in check_eligibility(renter=persona(name), model=model, period=period).reasons
        ]
        for model in (
            VehicleModel.objects.get(slug="vinfast-feliz-s"),
            VehicleModel.objects.get(slug="vinfast-vf-8-eco"),
        )
    ]
    assert reasons == [scooter, car]


def test_blocked_says_why() -> None:
    assert persona("blocked").blocked_reason


def test_papers_are_encrypted_and_have_pictures() -> None:
    card = IdentityDocument.objects.get(user=persona("verified"), kind="citizen_card")
    assert card.number == PERSONAS["verified"].identity_number
    assert card.number not in card.number_encrypted
    assert card.masked_number.endswith("001")
    assert sorted(card.images.values_list("side", flat=True)) == ["back", "front"]
    assert DocumentImage.objects.count() == 4 * 5
    for image in DocumentImage.objects.all():
        assert default_storage.size(str(image.file.name)) > 10_000


def test_unread_papers_show_nothing_that_nobody_has_read() -> None:
    for paper in IdentityDocument.objects.filter(user=persona("waiting")):
        # A selfie that no machine compares waits for the counter.
        state = "auto_passed" if paper.kind == "selfie" else "needs_review"
        assert (paper.state, paper.number_hash, paper.full_name) == (state, "", "")


# --- The past -----------------------------------------------------------------------------------------
def test_no_vehicle_and_no_renter_was_ever_in_two_rentals() -> None:
    for field in ("vehicle_id", "renter_id"):
        until: dict[int, datetime] = {}
        for rental in Rental.objects.exclude(started_at=None).order_by("started_at"):
            assert rental.started_at is not None
            key = getattr(rental, field)
            assert until.get(key, rental.started_at) <= rental.started_at
            until[key] = rental.presented_at or datetime.max.replace(tzinfo=UTC)


def test_the_past_is_full_and_lies_in_the_past() -> None:
    assert 150 < Rental.objects.filter(state="closed").count() < 350
    for field in ("started_at", "presented_at", "returned_at", "closed_at"):
        assert not Rental.objects.filter(**{f"{field}__gt": NOW}).exists()
    assert not Booking.objects.filter(created_at__gt=NOW).exists()
    assert not Payment.objects.filter(paid_at__gt=NOW).exists()


def test_odometers_only_grow_and_end_where_the_vehicle_stands() -> None:
    for vehicle in Vehicle.objects.all():
        inspections = Inspection.objects.filter(rental__vehicle=vehicle).exclude(odometer_km=None)
        readings = [row.odometer_km or 0 for row in inspections.order_by("completed_at")]
        assert readings == sorted(readings)
        driven = vehicle.transfers.exclude(delivered_km=None).values_list("delivered_km", flat=True)
        if readings:
            assert vehicle.odometer_km == max([readings[-1], *(km or 0 for km in driven)])


def test_ledger_proof_holds() -> None:
    proof = prove()
    assert proof.problems == []
    assert proof.entries > 500


def test_closed_rentals_leave_nothing_in_the_ledger_and_open_ones_what_was_paid() -> None:
    for booking in Booking.objects.filter(rental__state="closed"):
        assert balance_of(booking.reference).is_zero
    still_open = Booking.objects.filter(rental__state__in=["active", "settling"]) | Booking.objects.filter(
        state="confirmed"
    )
    assert still_open.count() > 20
    for booking in still_open.select_related("quote"):
        money, ledger = money_of(booking.reference), balance_of(booking.reference)
        assert (money.prepaid, money.deposit_held) == (
            booking.quote.total_amount,
            booking.quote.deposit_amount,
        )
        assert (ledger.prepaid, ledger.deposit) == (booking.quote.total_amount, booking.quote.deposit_amount)


def test_what_was_written_in_bulk_is_what_the_services_would_have_written() -> None:
    assert all(quote_hash(quote) == quote.sha256 for quote in Quote.objects.all())
    settlements = Settlement.objects.select_related("rental__booking__quote")
    assert settlements.count() > 150
    for settlement in settlements:
        outcome = outcome_of(settlement.rental)
        assert (outcome.total, outcome.captured, outcome.released, outcome.debt) == (
            settlement.total_amount,
            settlement.captured_amount,
            settlement.released_amount,
            0,
        )
        assert settlement.deposit_amount == settlement.rental.booking.quote.deposit_amount
        assert settlement.content_sha256 == (content_hash(settlement) if settlement.accepted_at else "")


# --- The present --------------------------------------------------------------------------------------
def test_today_has_something_of_everything() -> None:
    assert set(Booking.objects.values_list("state", flat=True)) == {
        "held", "confirmed", "arrived", "fulfilled", "expired", "cancelled", "no_show",
    }  # fmt: skip
    assert Booking.objects.filter(state="held").count() == 2
    assert Rental.objects.get(state="preparing").booking.state == "arrived"
    assert Rental.objects.filter(state="active").count() > 10
    assert 1 <= Rental.objects.filter(state="active", due_at__lt=NOW).count() <= 4
    today = clock.day_bounds(clock.today())
    assert Rental.objects.filter(state="active", due_at__range=(NOW, today[1])).exists()
    assert Booking.objects.filter(state="confirmed", starts_at__range=(NOW, today[1])).count() >= 5


def test_anh_has_six_receipts_and_drives_tomorrow() -> None:
    anh = persona("verified")
    upcoming = anh.bookings.get(state="confirmed")
    assert clock.local(upcoming.starts_at).strftime("%d/%m %H:%M") == "19/11 09:00"
    assert upcoming.contracts.count() == 1
    past = anh.bookings.filter(state="fulfilled")
    assert past.count() == 6
    receipts = Receipt.objects.filter(payer=anh)
    assert sorted(receipts.values_list("reference", flat=True)) == sorted(
        booking.reference for booking in past
    )
    for receipt in receipts:
        assert (
            receipt.total == Settlement.objects.get(rental__booking__code=receipt.reference[8:]).total_amount
        )
    letters = Delivery.objects.filter(recipient=anh, kind="receipt_issued")
    assert letters.count() == 6
    assert not letters.filter(sent_at=None).exists()


def test_worker_has_little_to_do_afterwards() -> None:
    renders = OutboxMessage.objects.filter(topic__in=["contracts.render", "receipts.render"])
    assert 8 <= renders.count() <= 60
    assert not Delivery.objects.filter(sent_at=None).exclude(recipient=persona("verified")).exists()


def test_local_vnpay_knows_every_payment_and_what_of_it_went_back() -> None:
    store = Store(str(store_path()))
    told = payments_to_tell()
    assert len(told) == Payment.objects.count()
    assert sum(len(payment.refunds) for payment in told) == Refund.objects.filter(state="succeeded").count()
    for payment in told:
        known = store.payment_by_reference(payment.merchant_ref, protocol.to_wire_time(payment.created_at))
        assert known is not None
        assert (known["outcome"], known["transaction_no"]) == ("success", payment.provider_ref)
        assert known["parameters"]["vnp_Amount"] == str(payment.amount * 100)
        assert [
            (row["number"], row["amount"], row["request_id"]) for row in store.refunds(known["token"])
        ] == [(refund.provider_ref, refund.amount * 100, refund.request_id) for refund in payment.refunds]
    store.close()


def test_local_vnpay_files_of_the_last_week_say_what_our_books_say() -> None:
    days = [clock.today() - timedelta(days=age) for age in range(7, 0, -1)]
    with running_sandbox(store=Store(str(store_path()))) as sandbox:
        for day in days:
            content = sandbox.settlement_file(sandbox.settled_on(day))
            import_settlement(source="vnpay", name=f"{day}.csv", content=content, day=day, by=SYSTEM)
    runs = [reconcile(source="vnpay", day=day) for day in days]
    assert {status for run in runs for status in run.counts} <= {"matched", "matched_late"}
    assert [run.unexplained_amount for run in runs] == [0] * 7
    assert min(run.counts["matched"] for run in runs) > 10
    assert StatementLine.objects.filter(kind="refund").count() > 50


def come_back_through_the_local_vnpay(refund: Refund) -> None:
    with running_sandbox(store=Store(str(store_path()))):
        submit_refund(refund_id=refund.pk)
        Refund.objects.filter(pk=refund.pk).update(next_poll_at=NOW)
        poll_refunds()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_deposit_of_a_running_rental_goes_back_through_the_local_vnpay() -> None:
    rental = Rental.objects.filter(state="active").first()
    assert rental is not None
    reference = rental.booking.reference
    refund = release_deposit(reference=reference, idempotency_key="test", by=SYSTEM)
    assert refund is not None
    come_back_through_the_local_vnpay(refund)
    assert money_of(reference).refunded == rental.booking.quote.deposit_amount


def test_money_of_the_cancelled_booking_goes_back_through_the_local_vnpay() -> None:
    refund = Refund.objects.exclude(state=RefundState.SUCCEEDED).get()
    assert refund.state == RefundState.APPROVED
    come_back_through_the_local_vnpay(refund)
    assert balance_of(refund.reference).is_zero


# --- The command --------------------------------------------------------------------------------------
def test_it_tells_how_far_it_is_and_the_password(seeded: str) -> None:
    for word in ("Trạm: 24", f"Xe: {VEHICLES}", f"{DAYS} ngày lịch sử", "Sổ cái", "Hôm nay", DEMO_PASSWORD):
        assert word in seeded


def test_second_run_changes_nothing_and_says_so() -> None:
    before = rows_of_everything()
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    assert "đã có sẵn" in said.getvalue()
    assert rows_of_everything() == before
    assert AuditEvent.objects.filter(action="demo.seeded").count() == 1


def test_second_run_is_calm_about_people_who_signed_up_since() -> None:
    make_user(email="visitor@example.vn")
    call_command("seed_demo", stdout=io.StringIO())


def test_production_is_refused() -> None:
    before = rows_of_everything()
    with override_settings(IS_PRODUCTION=True), pytest.raises(CommandError, match="never in production"):
        call_command("seed_demo", force=True, stdout=io.StringIO())
    assert rows_of_everything() == before
