"""Every page of the admin over a small seeded city: it opens, in both languages, without a query per row."""

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from accounts.access.actors import staff_actor
from accounts.confirmations.models import OneTimeCode
from accounts.kyc.models import DocumentExtraction, DocumentReview, FaceReference, VerificationPolicy
from accounts.notifications.models import NotificationPreference, PushDevice, QuietHours
from accounts.users.models import ApiToken, User
from payments.cases.enums import CaseKind
from payments.cases.services import open_case
from payments.cash import services as cash
from payments.cash.models import CashDrawer
from payments.gateways.base import LineKind, SettledLine
from payments.intents.models import (
    Adjustment,
    Chargeback,
    CreditPayout,
    Deposit,
    DepositHold,
    OutboundCall,
    Payment,
    SavedInstrument,
    TransferBatch,
)
from payments.intents.services.payees import seal
from payments.invoices import buyers, einvoices, exporting
from payments.invoices.buyers import Buyer
from payments.invoices.enums import BuyerKind
from payments.invoices.models import Receipt
from payments.reconciliation import services as reconciliation
from payments.reconciliation.models import FeeRule
from payments.webhooks.models import ProviderEvent, RejectedEvent
from rentals.bookings.models import Booking
from rentals.changes.models import BookingChange
from rentals.changes.pricing import price_change
from rentals.changes.wanted import as_booked
from rentals.contracts.models import Contract, ContractAddendum, ContractSignature
from rentals.demo.people import PERSONAS
from rentals.drivers.models import AdditionalDriver
from rentals.fines.models import FineEvidence, TrafficFine
from rentals.handovers.models import DamageMark, Inspection, InspectionPhoto
from rentals.incidents.models import Incident
from rentals.pricing.offer_models import Promotion, PromotionUse
from rentals.sync.models import PaperForm, SyncAttachment, SyncCommand, SyncConflict, SyncFile, SyncFileChunk
from rentals.sync.services import current_epoch
from stations.bays.models import BayReservation
from stations.fleet.models import PreparationRecord, Vehicle
from stations.network.models import Station
from stations.supply.models import SupplyOverride
from stations.tablets import services as tablets
from stations.tablets.models import Tablet
from tests.factories.accounts import photo_bytes
from tests.factories.payments import make_intent
from tests.factories.settlements import FileGateway, served_by, take_in, take_in_statement
from tests.factories.stations import make_closure
from tests.factories.yard import leave_traces
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.clock import Period

# A Wednesday, half past eight in Vietnam.
NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
admin.autodiscover()
REGISTERED = sorted(model._meta.label for model, _page in admin.site._registry.items())

# Sign-in, rights and badges take six or seven. A list may count, filter and fetch; a page may show panels.
LIST_BUDGET = 16
PAGE_BUDGET = 32
TOO_SHORT_TO_SEARCH = {
    "payments.ReceiptCounter": "one row a year",
    "rentals.BookingPolicy": "one row whenever the rules change",
    "rentals.SyncEpoch": "one row",
}
# What the operations team does not see; its administrator does.
HIDDEN_FROM_OPERATORS = {"account.EmailAddress", "auth.Group", "mfa.Authenticator"}


@pytest.fixture(scope="module")
def _city(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """One transaction around the module: each test stands on the same city."""
    var = tmp_path_factory.mktemp("admin")
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": var}}
    with (
        django_db_blocker.unblock(),
        override_settings(VAR_DIR=var, STORAGES={**settings.STORAGES, "default": default}),
        time_machine.travel(NOW, tick=False),
        transaction.atomic(),
    ):
        call_command("seed_demo", days=5, vehicles=48, stdout=io.StringIO())
        add_what_the_demo_lacks()
        yield
        transaction.set_rollback(True)


def add_what_invoices_need(user: User) -> None:
    buyers.save_buyer(user=user, buyer=Buyer(BuyerKind.FOREIGNER, "Anna Schmidt", "", "C01X00T47"))
    sale = einvoices.draft_sale(receipt_id=Receipt.objects.filter(kind="rental")[0].pk)
    assert sale is not None
    einvoices.adjust_sale(original=sale, back=1_000, reason="Hoàn", key="r", by=SYSTEM)
    exporting.export_drafts(by=SYSTEM)


def add_what_the_demo_lacks() -> None:
    """Put at least one row into each table that has a page."""
    vehicle, station = Vehicle.objects.all()[0], Station.objects.all()[0]
    user = User.objects.get(email=PERSONAS["verified"].email)
    make_closure(station=station, period=Period(clock.now(), clock.now() + timedelta(hours=2)))
    PreparationRecord.objects.create(
        vehicle=vehicle, station=station, checked=["cleaned"], battery_percent=90, by=user
    )
    FaceReference.objects.create(user=user, engine="rekognition", reference="face")
    ApiToken.objects.create(user=user, digest="d", expires_at=clock.now() + timedelta(days=1))
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    OutboundCall.objects.create(provider="vnpay", operation="refund", idempotency_key="k", request_hash="h")
    add_what_goes_back(user)
    ProviderEvent.objects.create(provider="vnpay", dedup_key="k", raw="a=1")
    RejectedEvent.objects.create(provider="vnpay", raw="a=1")
    inspection = Inspection.objects.all()[0]
    picture = ContentFile(photo_bytes(), "front.jpg")
    InspectionPhoto.objects.create(inspection=inspection, position="front", file=picture, sha256="0" * 64)
    DamageMark.objects.create(inspection=inspection, part="hood", kind="scratch")
    ContractSignature.objects.create(
        contract=Contract.objects.all()[0],
        signer="renter",
        user=user,
        name=user.full_name,
        image="signatures/none.png",
        strokes_sha256="0" * 64,
        document_sha256="0" * 64,
        signed_at=clock.now(),
    )
    add_what_invoices_need(user)
    add_what_a_drawer_sees()
    add_what_reconciliation_finds()
    add_a_change(station)
    add_what_people_choose(user, station, vehicle)
    add_what_reviews_leave(user)
    add_a_fine()
    leave_traces(vehicle, user)
    add_a_tablet(station, user)
    add_what_a_tablet_sent(station, user)
    PromotionUse.objects.create(
        promotion=Promotion.objects.all()[0], renter=user, reference="booking:VG-AAAAAA", amount=20_000
    )


def add_what_reconciliation_finds() -> None:
    """Take in a file and a statement, compare, pay out, decide."""
    day = clock.today() - timedelta(days=1)
    line = SettledLine(LineKind.PAYMENT, "P1", "M1", 500_000, 5_000, clock.day_bounds(day)[0])
    with served_by(FileGateway()):
        take_in([line], day=day)
        run = reconciliation.reconcile(source="vnpay", day=day)
    take_in_statement(("FT1", f"{day + timedelta(days=1):%d/%m/%Y}", 495_000, "VNPAY TT"))
    reconciliation.settle_bank_lines()
    brought = take_in_statement(
        ("FT2", f"{day:%d/%m/%Y}", 1_000, "?"), by=Actor(ActorKind.OPERATOR, "U-2", "Lan")
    )
    reconciliation.confirm_statement(file=brought.file, by=Actor(ActorKind.OPERATOR, "U-1", "Hà"))
    FeeRule.objects.create(source="vnpay", valid_from=day, basis_points=110)
    item = run.items.get(status="missing_internal")
    reconciliation.resolve_item(
        item=item, action="ignore", reason="đã hỏi VNPay", by=Actor(ActorKind.OPERATOR, "U-1", "Hà")
    )


def add_what_a_drawer_sees() -> None:
    """Send a bag to the bank and take one payment, in the session that runs."""
    session = CashDrawer.objects.get(sessions__state="open").sessions.get(state="open")
    by = staff_actor(session.opened_by)
    cash.drop_cash(session=session, amount=100_000, bag_number="VG-1", idempotency_key="k", by=by)
    payer = User.objects.get(email=PERSONAS["verified"].email)
    intent = make_intent(payer=payer)
    cash.take_payment(intent=intent, session=session, tendered=intent.amount, idempotency_key="k", by=by)


def add_a_fine() -> None:
    """Receive a fine that names no rental of ours, with a picture."""
    fine = TrafficFine.objects.create(
        authority="CSGT TP.HCM",
        number="TB-1",
        plate="51K00000",
        violated_at=clock.now(),
        place="Hàng Xanh",
        offence="Vượt đèn đỏ",
        amount=1_000_000,
    )
    picture = ContentFile(photo_bytes(), "camera.jpg")
    FineEvidence.objects.create(fine=fine, file=picture, sha256="0" * 64)


def add_a_tablet(station: Station, user: User) -> None:
    """Enrol a tablet, and set the PIN of somebody who uses it."""
    by = Actor(ActorKind.SUPERVISOR, "U-3", "Huy")
    tablets.enrol_tablet(station=station, name="Quầy thử", user=user, by=by)
    tablets.set_pin(user=user, pin="581047", by=by)


def add_what_a_tablet_sent(station: Station, user: User) -> None:
    """Leave a command that waits for a person, with a file that is still arriving, and a printed form."""
    now = clock.now()
    command = SyncCommand.objects.create(
        id=uuid.uuid4(),
        tablet=Tablet.objects.all()[0],
        seq=1,
        kind="note",
        station=station,
        subject="booking:VG-222222",
        body={"payload": {"text": "Lốp mòn", "marks": []}},
        body_sha256="0" * 64,
        actor=user,
        device_at=now,
        occurred_at=now,
        state="conflict",
        code="refused",
    )
    SyncConflict.objects.create(command=command, code="refused", found={"state": "cancelled"})
    SyncAttachment.objects.create(command=command, role="photo:front", sha256="1" * 64, size=9)
    file = SyncFile.objects.create(sha256="1" * 64, size=9, received=3)
    SyncFileChunk.objects.create(file=file, start=0, data=b"abc")
    current_epoch()
    PaperForm.objects.create(
        number="G-222222",
        pack="P-222222",
        station=station,
        kind="pickup",
        for_day=clock.today(),
        printed_by=user,
    )


def add_what_people_choose(user: User, station: Station, vehicle: Vehicle) -> None:
    """Choose how to be told, decide about a station's supply, report a vehicle."""
    NotificationPreference.objects.create(user=user, topic="reminders", channel="sms", is_wanted=False)
    QuietHours.objects.create(user=user, starts_minute=22 * 60, ends_minute=6 * 60)
    PushDevice.objects.create(user=user, token="token", platform="android")
    SupplyOverride.objects.create(
        station=station,
        kind="car",
        level="normal",
        reason="xe đang trên đường đến",
        by_label="Đặng Thu Hà",
        until=clock.now() + timedelta(hours=2),
    )
    Incident.objects.create(kind="breakdown", vehicle=vehicle, station=station, note="Phanh kêu")


def add_what_reviews_leave(user: User) -> None:
    """Read a paper, take a turn at it, lay down rules."""
    paper = user.documents.all()[0]
    DocumentExtraction.objects.create(document=paper, engine="local", seconds=0.8)
    DocumentReview.objects.create(document=paper, reviewer=user, taken_at=clock.now())
    VerificationPolicy.objects.create(valid_from=clock.today(), second_look=["face_known"])
    OneTimeCode.objects.create(
        user=user,
        purpose="sign_contract",
        reference="contract:HD-1",
        code_hash="h",
        channel="email",
        sent_to="a•••@example.vn",
        sent_at=clock.now(),
        expires_at=clock.now(),
    )


def add_what_goes_back(user: User) -> None:
    """Leave one row of each way in which money is held, disputed, returned and put right by people."""
    payment, deposit = Payment.objects.all()[0], Deposit.objects.all()[0]
    card = SavedInstrument.objects.create(
        payer=user, provider="stripe", customer_ref="cus_1", method_ref="pm_1", label="Visa •••• 4242"
    )
    DepositHold.objects.create(
        deposit=deposit,
        intent=payment.intent,
        provider="stripe",
        instrument=card,
        merchant_ref="h1",
        amount=1,
        place_at=clock.now(),
    )
    Chargeback.objects.create(
        payment=payment,
        reference=payment.intent.reference,
        provider=payment.provider,
        provider_ref="dp_1",
        amount=1,
        opened_at=clock.now(),
    )
    batch = TransferBatch.objects.create(code="CT-1", made_by_ref="U", made_by_label="U", count=1, amount=1)
    payee = seal(bank="ACB", number="123456789", name="NGUYEN MINH ANH")
    CreditPayout.objects.create(
        owner=user, amount=1, payee=payee, memo="VGH1", batch=batch, idempotency_key="k"
    )
    Adjustment.objects.create(
        kind="credit",
        person=user,
        amount=1,
        reason="x",
        idempotency_key="k",
        requested_by_kind="operator",
        requested_by_ref="U",
        requested_by_label="U",
    )
    open_case(kind=CaseKind.OTHER, key="k", reference="booking:VG-AAAAAA", amount=1)


def add_a_change(station: Station) -> None:
    """Change a booking, amend a contract, keep a bay."""
    booking = Booking.objects.filter(state="confirmed").order_by("pk")[0]
    AdditionalDriver.objects.create(
        booking=booking, code="LX-1", email="ha@example.vn", invited_at=clock.now()
    )
    longer = Period(booking.starts_at, booking.ends_at + timedelta(hours=1))
    change = BookingChange.objects.create(
        booking=booking,
        kind="change",
        before_quote=booking.quote,
        after_quote=price_change(booking, as_booked(booking).but(period=longer)),
        vehicle=booking.allocation.vehicle,
        rent_difference=25_000,
        deposit_difference=0,
        idempotency_key="change",
        expires_at=clock.now() + timedelta(minutes=15),
    )
    ContractAddendum.objects.create(
        contract=Contract.objects.all()[0], position=1, number="HD-TEST-1-PL1", reference=change.reference
    )
    BayReservation.objects.create(station=station, claimant=booking.reference, arrives_at=clock.now())


@pytest.fixture(autouse=True)
def _everything(_city: None) -> None:
    """Every test here is about the seeded city."""


@pytest.fixture
def administrator(client: Client) -> Client:
    return signed_in(client, User.objects.filter(is_superuser=True)[0])


@pytest.fixture
def operator_client(client: Client) -> Client:
    return signed_in(client, User.objects.get(email=PERSONAS["operator"].email))


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="accounts.users.backends.AuthenticationBackend")
    return client


def url_of(label: str, page: str, *args: object) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_{page}", args=args)


def model_of(label: str) -> type[models.Model]:
    return apps.get_model(label)


def page_of(label: str) -> Any:
    return admin.site.get_model_admin(model_of(label))


def get(client: Client, url: str, language: str, budget: int) -> str:
    client.cookies["django_language"] = language
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(url)
    said = "\n".join(query["sql"][:160] for query in queries)
    assert response.status_code == 200, url
    assert len(queries) <= budget, f"{url}: {len(queries)} queries\n{said}"
    return response.content.decode()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("label", REGISTERED)
def test_a_list_opens_within_its_budget(label: str, language: str, administrator: Client) -> None:
    assert model_of(label)._default_manager.exists()

    html = get(administrator, url_of(label, "changelist"), language, LIST_BUDGET)

    assert f'lang="{language}"' in html


@pytest.mark.parametrize("label", sorted(set(REGISTERED) - TOO_SHORT_TO_SEARCH.keys()))
def test_a_list_can_be_searched(label: str, administrator: Client) -> None:
    assert page_of(label).search_fields

    for term in ("VG-7K2M4Q", "51K 123.45", "nguyễn"):
        get(administrator, f"{url_of(label, 'changelist')}?q={term}", "vi", LIST_BUDGET)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("label", REGISTERED)
def test_a_row_opens_within_its_budget(label: str, language: str, administrator: Client) -> None:
    row = model_of(label)._default_manager.order_by("-pk")[0]

    get(administrator, url_of(label, "change", row.pk), language, PAGE_BUDGET)


@pytest.mark.parametrize("label", REGISTERED)
def test_a_row_can_be_added_where_people_may_add(
    label: str, administrator: Client, admin_request: Any
) -> None:
    url = url_of(label, "add")

    if page_of(label).has_add_permission(admin_request):
        get(administrator, url, "vi", PAGE_BUDGET)
    else:
        assert administrator.get(url).status_code == 403


@pytest.mark.parametrize("label", sorted(set(REGISTERED) - HIDDEN_FROM_OPERATORS))
def test_an_operator_may_look_at_everything(label: str, operator_client: Client) -> None:
    assert operator_client.get(url_of(label, "changelist")).status_code == 200


@pytest.mark.parametrize("label", sorted(HIDDEN_FROM_OPERATORS))
def test_rights_and_sign_in_are_the_administrators(label: str, operator_client: Client) -> None:
    assert operator_client.get(url_of(label, "changelist")).status_code == 403


@pytest.fixture
def admin_request(rf: Any) -> Any:
    request = rf.get("/admin/")
    request.user = User.objects.filter(is_superuser=True)[0]
    return request
