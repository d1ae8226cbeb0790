"""What finance does about money on its way back: batches by two people, adjustments, cases."""

import pytest
from django.contrib.admin.sites import site
from django.test import Client
from django.urls import reverse

from accounts.access.roles import sync_groups
from accounts.users.models import User
from payments.cases.enums import CaseKind
from payments.cases.models import MoneyCase
from payments.cases.services import open_case
from payments.intents import services
from payments.intents.enums import AdjustmentState, RefundState
from payments.intents.models import Adjustment, Deposit, Payment, PaymentIntent, Refund, TransferBatch
from payments.ledger.models import LedgerEntry
from tests.factories.accounts import make_user
from tests.factories.payments import RENT, make_intent, make_paid_intent
from tests.factories.ways_back import SENDER, give_back, receive
from voltgo.core.audit.models import AuditEvent


def member(group: str, name: str) -> Client:
    user = make_user(full_name=name, is_staff=True)
    user.groups.add(sync_groups()[group])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def finance() -> Client:
    return member("finance", "Thu Hà")


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def refund(payer: User) -> Refund:
    intent = make_intent(payer=payer)
    receive(intent, "bank", sender=SENDER)
    return give_back(intent, RENT)


def step(client: Client, row: object, name: str, **data: str) -> int:
    meta = row._meta  # type: ignore[attr-defined]
    url = reverse(f"admin:payments_{meta.model_name}_step", args=[row.pk, name])  # type: ignore[attr-defined]
    return client.post(url, data).status_code


def test_one_of_finance_makes_the_file_and_another_says_that_it_was_carried_out(
    finance: Client, refund: Refund
) -> None:
    assert step(finance, refund, "batch") == 302
    batch = TransferBatch.objects.get()
    page = finance.get(reverse("admin:payments_transferbatch_change", args=[batch.pk])).content.decode()
    assert "Vietcombank •••• 4567" in page
    assert "0071001234567" not in page
    file = finance.get(reverse("admin:payments_transferbatch_file", args=[batch.pk]))
    assert (file.status_code, "0071001234567" in file.content.decode()) == (200, True)
    assert AuditEvent.objects.filter(action="transfer_batch.exported").count() == 1
    refund.refresh_from_db()
    assert step(finance, refund, "transferred", bank_ref="FT1") == 403
    assert step(member("finance", "Bảo Ngọc"), refund, "transferred", bank_ref="FT1") == 302
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_account_numbers_are_for_finance_alone(finance: Client, refund: Refund) -> None:
    step(finance, refund, "batch")
    url = reverse("admin:payments_transferbatch_file", args=[TransferBatch.objects.get().pk])
    assert member("operator", "Văn Nam").get(url).status_code == 403
    page = finance.get(reverse("admin:payments_refund_change", args=[refund.pk])).content.decode()
    assert "•••• 4567" in page
    assert "0071001234567" not in page


def test_nobody_edits_an_amount_and_an_adjustment_tells_its_reason(finance: Client, payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    for model in (PaymentIntent, Payment, Deposit):
        page = site.get_model_admin(model)
        request = finance.get("/admin/").wsgi_request
        row = model.objects.get()
        assert not page.has_change_permission(request, row)
        assert not page.has_add_permission(request)
        assert not page.has_delete_permission(request, row)
    change = reverse("admin:payments_paymentintent_change", args=[intent.pk])
    assert finance.post(change, {"amount": "1"}).status_code == 403
    intent.refresh_from_db()
    assert intent.amount == 4_200_000
    assert step(finance, intent, "give-credit", amount="150000") == 422
    assert step(finance, intent, "give-credit", amount="150000", reason="Pin yếu khi nhận xe") == 302
    assert services.credit_of(payer) == 150_000
    entry = LedgerEntry.objects.get(kind="adjustment")
    assert entry.reference == intent.reference
    assert Adjustment.objects.get().reason == "Pin yếu khi nhận xe"


def test_a_large_adjustment_is_approved_by_another(finance: Client, payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    step(finance, intent, "give-credit", amount="2500000", reason="Mất hai ngày")
    row = Adjustment.objects.get()
    other = member("finance", "Bảo Ngọc")
    page = reverse("admin:payments_adjustment_change", args=[row.pk])
    own, theirs = (browser.get(page).content.decode() for browser in (finance, other))
    assert ("Duyệt điều chỉnh" in own, "chờ một người khác duyệt" in own) == (False, True)
    assert ("Duyệt điều chỉnh" in theirs, "chờ một người khác duyệt" in theirs) == (True, False)
    assert "tặng vào số dư 2.500.000" in own.replace("\u00a0", " ")
    assert step(finance, row, "approve") == 403
    assert services.credit_of(payer) == 0
    assert step(other, row, "approve") == 302
    row.refresh_from_db()
    assert (row.state, services.credit_of(payer)) == (AdjustmentState.DONE, 2_500_000)


def test_an_operator_without_the_right_adjusts_nothing(payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    assert step(member("operator", "Văn Nam"), intent, "give-credit", amount="1", reason="x") == 403
    assert not Adjustment.objects.exists()


def test_a_case_is_closed_with_words(finance: Client) -> None:
    case = open_case(kind=CaseKind.REFUND_FAILED, key="k", reference="order:VG-1", amount=5)
    listing = finance.get(reverse("admin:payments_moneycase_changelist")).content.decode()
    assert "VG-1" in listing
    assert step(finance, case, "resolve") == 422
    assert step(finance, case, "resolve", reason="Đã chuyển khoản") == 302
    case = MoneyCase.objects.get()
    assert (case.state, case.resolution) == ("resolved", "Đã chuyển khoản")
