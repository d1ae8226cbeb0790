"""The finance page: every amount is read from the ledger, every number leads to its list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _

from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.gateways import registry
from payments.intents.enums import REFUND_OPEN_STATES, HoldState, Provider
from payments.intents.models import Deposit, DepositHold, Payment, Refund
from payments.ledger.enums import DEBIT_KINDS, EntryKind
from payments.ledger.models import LedgerAccount, LedgerLine
from payments.reconciliation import selectors as reconciliation
from payments.reconciliation.enums import SETTLED_STATUSES, LineState, Source
from payments.reconciliation.models import BankLine, ReconciliationItem, ReconciliationRun, StatementFile
from voltgo.core import clock
from voltgo.core.backoffice.columns import list_url
from voltgo.core.money import Dong

PERMISSION = "payments.view_ledgerentry"
# Money of payers that comes or goes, wherever it lies.
IN_AND_OUT = (
    EntryKind.PAYMENT, EntryKind.SURPLUS, EntryKind.HOLD_CAPTURED, EntryKind.REFUND_SETTLED,
    EntryKind.DISPUTE_OPENED, EntryKind.DISPUTE_WON,
)  # fmt: skip
_PLACES = ("psp_clearing", "cash_drawer", "user_credit")


@dataclass(frozen=True, slots=True)
class Flow:
    """What one provider brought and took today."""

    label: str
    came: Dong
    went: Dong
    held: Dong
    url: str
    clearing_url: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount with the list behind it."""

    label: str
    amount: Dong
    url: str
    hint: str = ""
    count: int | None = None
    is_grave: bool = False


@dataclass(frozen=True, slots=True)
class Aged:
    """One kind of work by how long it waits or how soon it ends: (heading, count, amount, is it urgent)."""

    title: str
    url: str
    rows: Sequence[tuple[str, int, Dong, bool]]

    @property
    def total(self) -> int:
        return sum(count for _label, count, _amount, _grave in self.rows)


@dataclass(frozen=True, slots=True)
class FilesOfDay:
    """Whether a source's file of yesterday came, and how its run ended."""

    source: str
    label: str
    has_come: bool
    open_items: int
    url: str


@dataclass(frozen=True, slots=True)
class FinancePage:
    """Everything on the page."""

    now: datetime
    yesterday: date
    flows: Sequence[Flow]
    owed: Sequence[Figure]
    places: Sequence[Figure]
    aged: Sequence[Aged]
    files: Sequence[FilesOfDay]
    # Statements that somebody brought and nobody else has confirmed.
    waiting_statements: int
    waiting_url: str

    @property
    def came(self) -> Dong:
        return sum(flow.came for flow in self.flows)

    @property
    def went(self) -> Dong:
        return sum(flow.went for flow in self.flows)

    @property
    def missing(self) -> Sequence[FilesOfDay]:
        return [each for each in self.files if not each.has_come]


def finance_page(now: datetime | None = None) -> FinancePage:
    """Read the page in at most fifteen queries."""
    now = now or clock.now()
    balances = _balances()
    yesterday = clock.local(now).date() - timedelta(days=1)
    return FinancePage(
        now=now,
        yesterday=yesterday,
        flows=_flows(now, balances),
        owed=_owed(balances),
        places=_places(balances),
        aged=[_holds(now), _refunds(now), _suspense(now), _cases(now)],
        files=_files(yesterday),
        waiting_statements=reconciliation.waiting_statements().count(),
        waiting_url=list_url(StatementFile, "waits=1"),
    )


# --- Balances ---------------------------------------------------------------------------------------
def _balances() -> Mapping[str, Dong]:
    """Return the balance of each untracked account by code, and of tracked ones added up by their prefix."""
    found: dict[str, Dong] = defaultdict(int)
    tracked = LedgerAccount.objects.filter(tracked=True, balance__gt=0).values_list("code", "balance")
    for code, balance in tracked.iterator():
        found[code.partition(":")[0]] += balance
    hot = (
        LedgerLine.objects.filter(account__tracked=False)
        .values_list("account__code", "account__kind")
        .annotate(total=Sum("amount"))
    )
    for code, kind, total in hot:
        amount = total if kind in DEBIT_KINDS else -total
        found[code] += amount
        prefix = code.partition(":")[0]
        if prefix != code:
            found[prefix] += amount
    return found


def _accounts(prefix: str) -> str:
    return list_url(LedgerAccount, f"q={prefix}")


def _owed(balances: Mapping[str, Dong]) -> list[Figure]:
    retained = Deposit.objects.filter(retained__gt=0).aggregate(total=Sum("retained"), rows=Count("pk"))
    return [
        Figure(_("Tiền cọc đang giữ"), balances["deposit_liability"], _accounts("deposit_liability"),
               _("phải trả lại khách")),
        Figure(_("trong đó chờ phạt nguội"), retained["total"] or 0, list_url(Deposit, "retained__gt=0"),
               count=retained["rows"]),
        Figure(_("Tiền thuê nhận trước"), balances["customer_prepaid"], _accounts("customer_prepaid")),
        Figure(_("Số dư của khách"), balances["user_credit"] + balances["customer_credit"],
               _accounts("user_credit")),
        Figure(_("Tiền hoàn đang trên đường"), balances["refund_clearing"], _accounts("refund_clearing")),
        Figure(_("Tiền phạt nguội phải nộp"), balances["fine_payable"], _accounts("fine_payable")),
        Figure(_("Tiền chưa rõ của ai"), balances["suspense"], list_url(BankLine, f"state__exact={LineState.SUSPENSE}"),
               is_grave=balances["suspense"] != 0),
        Figure(_("Khách còn nợ"), balances["receivable"], _accounts("receivable")),
    ]  # fmt: skip


def _places(balances: Mapping[str, Dong]) -> list[Figure]:
    return [
        Figure(_("Ngân hàng, theo sổ"), balances["bank"], _accounts("bank")),
        Figure(_("Cổng thanh toán chưa chuyển về"), balances["psp_clearing"], _accounts("psp_clearing")),
        Figure(_("Đang thu từ thẻ giữ"), balances["hold_clearing"], _accounts("hold_clearing")),
        Figure(_("Tiền mặt trong két"), balances["cash_drawer"], _accounts("cash_drawer")),
        Figure(_("Tiền mặt đang đến ngân hàng"), balances["cash_in_transit"], _accounts("cash_in_transit")),
        Figure(_("Ngân hàng tạm đòi lại"), balances["dispute_reserve"], _accounts("dispute_reserve")),
    ]


# --- Today ------------------------------------------------------------------------------------------
def _flows(now: datetime, balances: Mapping[str, Dong]) -> list[Flow]:
    start, end = clock.day_bounds(clock.local(now).date())
    lines = (
        LedgerLine.objects.filter(
            entry__occurred_at__gte=start, entry__occurred_at__lt=end, entry__kind__in=IN_AND_OUT
        )
        .filter(Q(account__code="bank") | _starting_with(_PLACES))
        .values_list("account__code")
        .annotate(came=Sum("amount", filter=Q(amount__gt=0)), went=Sum("amount", filter=Q(amount__lt=0)))
    )
    came: dict[str, Dong] = defaultdict(int)
    went: dict[str, Dong] = defaultdict(int)
    for code, plus, minus in lines:
        provider = _provider_of(code)
        came[provider] += plus or 0
        went[provider] -= minus or 0
    day = start.date().isoformat()
    known = {*came, *went, *registry.codes()}
    return [
        Flow(
            label=str(Provider(provider).label),
            came=came[provider],
            went=went[provider],
            held=balances[f"psp_clearing:{provider}"] if provider in registry.codes() else 0,
            url=list_url(Payment, f"provider__exact={provider}&paid_at__date={day}"),
            clearing_url=_accounts(f"psp_clearing:{provider}") if provider in registry.codes() else "",
        )
        for provider in Provider.values
        if provider in known
    ]


def _starting_with(prefixes: Sequence[str]) -> Q:
    found = Q()
    for prefix in prefixes:
        found |= Q(account__code__startswith=f"{prefix}:")
    return found


def _provider_of(code: str) -> str:
    prefix, _colon, name = code.partition(":")
    return {"bank": "bank", "cash_drawer": "cash", "user_credit": "credit"}.get(prefix, name)


# --- What waits -------------------------------------------------------------------------------------
def _by_age(
    rows: QuerySet[Any], edges: Sequence[tuple[str, Q, bool]], amount: str = "amount"
) -> list[tuple[str, int, Dong, bool]]:
    """Count and add up rows by the first edge that they fall under, in one query."""
    cases = [When(condition, then=Value(label)) for label, condition, _grave in edges]
    sums = (
        rows.annotate(band=Case(*cases, default=Value(""), output_field=CharField()))
        .order_by()
        .values_list("band")
        .annotate(rows=Count("pk"), total=Sum(amount))
    )
    found = {band: (count, total or 0) for band, count, total in sums}
    return [(label, *found.get(label, (0, 0)), grave) for label, _condition, grave in edges]


def _waiting(now: datetime, field: str) -> list[tuple[str, Q, bool]]:
    return [
        (_("quá 3 ngày"), Q(**{f"{field}__lt": now - timedelta(days=3)}), True),
        (_("1–3 ngày"), Q(**{f"{field}__lt": now - timedelta(days=1)}), False),
        (_("dưới 1 ngày"), Q(), False),
    ]


def _holds(now: datetime) -> Aged:
    edges = [
        (_("hết hạn trong 24 giờ"), Q(capture_before__lt=now + timedelta(days=1)), True),
        (_("trong 3 ngày"), Q(capture_before__lt=now + timedelta(days=3)), False),
        (_("về sau"), Q(), False),
    ]
    rows = DepositHold.objects.filter(state=HoldState.HELD)
    url = list_url(DepositHold, f"state__exact={HoldState.HELD}")
    return Aged(_("Đang giữ trên thẻ"), url, _by_age(rows, _closed(edges)))


def _refunds(now: datetime) -> Aged:
    rows = Refund.objects.filter(state__in=REFUND_OPEN_STATES)
    url = list_url(Refund, "state__in=" + ",".join(sorted(REFUND_OPEN_STATES)))
    return Aged(_("Hoàn tiền đang xử lý"), url, _by_age(rows, _closed(_waiting(now, "created_at"))))


def _suspense(now: datetime) -> Aged:
    rows = BankLine.objects.filter(state__in=[LineState.NEW, LineState.SUSPENSE])
    url = list_url(BankLine, f"state__exact={LineState.SUSPENSE}")
    return Aged(_("Sao kê chưa rõ"), url, _by_age(rows, _closed(_waiting(now, "booked_at"))))


def _cases(now: datetime) -> Aged:
    rows = MoneyCase.objects.filter(state=CaseState.OPEN)
    url = list_url(MoneyCase, f"state__exact={CaseState.OPEN}")
    return Aged(_("Việc cần xem về tiền"), url, _by_age(rows, _closed(_waiting(now, "opened_at"))))


def _closed(edges: Sequence[tuple[str, Q, bool]]) -> list[tuple[str, Q, bool]]:
    """Let the last band take whatever no other takes."""
    return [(label, condition or Q(pk__isnull=False), grave) for label, condition, grave in edges]


def _files(day: date) -> list[FilesOfDay]:
    sources = [*reconciliation.providers_with_files(), Source.BANK.value]
    came = set(
        StatementFile.objects.filter(day=day).exclude(source=Source.BANK).values_list("source", flat=True)
    )
    if reconciliation.statement_covers(day):
        came.add(Source.BANK.value)
    open_items = dict(
        ReconciliationItem.objects.filter(run__is_current=True)
        .exclude(status__in=SETTLED_STATUSES)
        .values_list("run__source")
        .annotate(rows=Count("pk"))
    )
    return [
        FilesOfDay(
            source=source,
            label=str(Source(source).label),
            has_come=source in came,
            open_items=open_items.get(source, 0),
            url=list_url(ReconciliationItem, f"open=1&run__source__exact={source}")
            if open_items.get(source)
            else list_url(ReconciliationRun, f"source__exact={source}"),
        )
        for source in sources
    ]
