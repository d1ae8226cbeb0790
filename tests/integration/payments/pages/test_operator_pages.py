"""The operators' pages: everything is seen, nothing is typed, steps go through services."""

import pytest
from django.apps import apps
from django.contrib.admin.sites import site
from django.test import Client
from django.urls import reverse

from accounts.access.roles import sync_groups
from accounts.users.models import User
from payments.gateways.base import FactKind
from payments.intents import services
from payments.intents.enums import IntentState, RefundReason, RefundState
from payments.intents.models import PaymentIntent, Refund
from payments.invoices.documents import ReceiptLine
from payments.invoices.services import issue_receipt
from payments.invoices.tax_models import TaxRule
from payments.ledger.models import LedgerEntry, LedgerLine
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import REFERENCE, fact_of, make_intent, make_paid_intent, start
from voltgo.core.actors import SYSTEM, Actor, ActorKind

# Lines are shown on the page of their entry; rules of tax are no history, people write them.
MODELS = sorted(
    set(apps.get_app_config("payments").get_models()) - {LedgerLine, TaxRule},
    key=lambda model: model.__name__,
)
STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")


def member(group: str, name: str) -> User:
    user = make_user(full_name=name, is_staff=True)
    user.groups.add(sync_groups()[group])
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def finance() -> Client:
    return signed_in(member("finance", "Thu Hà"))


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def history(payer: User) -> None:
    """One row of everything."""
    make_paid_intent(payer=payer)
    services.capture_deposit(
        reference=REFERENCE, amount=100_000, settlement_line="x", idempotency_key="x", by=STAFF
    )
    services.refund(
        reference=REFERENCE,
        prepayment_amount=100_000,
        deposit_amount=0,
        reason=RefundReason.ADJUSTMENT,
        idempotency_key="x",
        by=STAFF,
    )
    issue_receipt(
        reference=REFERENCE,
        payer=payer,
        lines=[ReceiptLine("Thuê xe", "Rental", 1_200_000, 800)],
        title=("Thuê xe", "Rental"),
        details=[],
        paid_by=[],
        by=SYSTEM,
    )
    ProviderEvent.objects.create(provider="vnpay", dedup_key="x", raw="x")
    RejectedEvent.objects.create(provider="vnpay", raw="x")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_and_page_opens_and_nothing_is_typed(history: None, finance: Client, model: type) -> None:
    meta = model._meta  # type: ignore[attr-defined]
    listing = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    assert finance.get(listing).status_code == 200
    if site.get_model_admin(model).search_fields:
        assert finance.get(listing, {"q": "VG-7K2M4Q"}).status_code == 200
    row = model.objects.first()  # type: ignore[attr-defined]
    if row is None:
        return
    response = finance.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))
    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()
    assert finance.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_add")).status_code == 403
    deletion = reverse(f"admin:{meta.app_label}_{meta.model_name}_delete", args=[row.pk])
    assert finance.get(deletion).status_code == 403


def step(client: Client, row: PaymentIntent | Refund, name: str, **data: str) -> int:
    url = reverse(f"admin:payments_{row._meta.model_name}_step", args=[row.pk, name])
    return client.post(url, data).status_code


@pytest.fixture
def waiting(payer: User) -> Refund:
    make_paid_intent(payer=payer, prepayment_amount=5_000_000)
    return services.refund(
        reference=REFERENCE,
        prepayment_amount=5_000_000,
        deposit_amount=0,
        reason=RefundReason.OPERATOR_FAULT,
        idempotency_key="x",
        by=STAFF,
    )


def test_finance_approves_a_refund(finance: Client, waiting: Refund) -> None:
    assert step(finance, waiting, "approve") == 302
    waiting.refresh_from_db()
    assert waiting.state == RefundState.APPROVED


def test_finance_rejects_a_refund_with_a_reason(finance: Client, waiting: Refund) -> None:
    assert step(finance, waiting, "reject") == 422
    assert step(finance, waiting, "reject", reason="Sai đơn") == 302
    waiting.refresh_from_db()
    assert waiting.state == RefundState.REJECTED


def test_an_operator_without_the_permission_cannot_approve(waiting: Refund) -> None:
    assert step(signed_in(member("operator", "Văn Nam")), waiting, "approve") == 403
    waiting.refresh_from_db()
    assert waiting.state == RefundState.REQUESTED


def test_who_asked_in_the_admin_cannot_approve_there(payer: User) -> None:
    asker = member("finance", "Thu Hà")
    make_paid_intent(payer=payer, prepayment_amount=5_000_000)
    refund = services.refund(
        reference=REFERENCE,
        prepayment_amount=5_000_000,
        deposit_amount=0,
        reason=RefundReason.OPERATOR_FAULT,
        idempotency_key="x",
        by=Actor(ActorKind.OPERATOR, asker.public_id, asker.full_name),
    )
    assert step(signed_in(asker), refund, "approve") == 403
    refund.refresh_from_db()
    assert refund.state == RefundState.REQUESTED


def test_finance_takes_a_suspicious_payment(finance: Client, payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    assert step(finance, intent, "accept", reason="Tiền đã về") == 302
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1
