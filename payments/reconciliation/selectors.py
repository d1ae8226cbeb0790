"""Reading both sides of a comparison, and what is still open."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from payments.gateways import registry
from payments.gateways.base import LineKind
from payments.intents.enums import AttemptOutcome, ChargebackState, HoldState, RefundState, RefundWay
from payments.intents.models import Chargeback, DepositHold, Payment, PaymentAttempt, Refund
from payments.ledger import chart
from payments.ledger.models import LedgerLine
from payments.reconciliation.comparing import External, FeeTerms, Internal, Standing
from payments.reconciliation.enums import LineState, Source
from payments.reconciliation.models import (
    BankLine,
    FeeRule,
    ProviderPayout,
    ReconciliationRun,
    StatementFile,
    StatementLine,
)
from voltgo.core import clock
from voltgo.core.money import Dong

UNDER_WAY = (RefundState.APPROVED, RefundState.SUBMITTED)
NOT_DONE = (RefundState.FAILED, RefundState.REJECTED, RefundState.REQUESTED)


def has_file(source: str, day: date) -> bool:
    return StatementFile.objects.filter(source=source, day=day).exists()


def fee_terms(source: str, day: date) -> FeeTerms | None:
    """Return the fees agreed with a provider for a day; None where nothing is agreed."""
    rule = FeeRule.objects.filter(source=source, valid_from__lte=day).order_by("-valid_from").first()
    return FeeTerms(rule.basis_points, rule.fixed_amount) if rule else None


def both_sides(source: str, day: date) -> tuple[list[External], list[Internal]]:
    """Return the lines and the movements of a day, and those of other days that name each other."""
    lines = _lines(StatementLine.objects.filter(source=source, file__day=day))
    refs = {ref for line in lines for ref in (line.provider_ref, line.merchant_ref) if ref}
    internals = _internals(source, clock.day_bounds(day), refs)
    names = {
        ref for row in internals for ref in (*row.provider_refs, *row.merchant_refs, row.payment_ref) if ref
    }
    others = StatementLine.objects.filter(source=source).exclude(file__day=day)
    lines += _lines(others.filter(Q(provider_ref__in=names) | Q(merchant_ref__in=names)))
    return lines, internals


def _lines(rows: QuerySet[StatementLine]) -> list[External]:
    values = rows.values_list(
        "pk",
        "kind",
        "provider_ref",
        "merchant_ref",
        "occurrence",
        "amount",
        "fee",
        "occurred_at",
        "file__day",
    )
    return [
        External(pk, LineKind(kind), theirs, ours, nth, amount, fee, clock.local(at).date(), file_day)
        for pk, kind, theirs, ours, nth, amount, fee, at, file_day in values
    ]


def _internals(source: str, bounds: tuple[datetime, datetime], refs: Collection[str]) -> list[Internal]:
    return [
        *_payments(source, bounds, refs),
        *_holds(source, bounds, refs),
        *_refunds(source, bounds, refs),
        *_chargebacks(source, bounds, refs),
    ]


def _within(field: str, bounds: tuple[datetime, datetime]) -> Q:
    return Q(**{f"{field}__gte": bounds[0], f"{field}__lt": bounds[1]})


def _day(moment: datetime) -> date:
    return clock.local(moment).date()


def _payments(source: str, bounds: tuple[datetime, datetime], refs: Collection[str]) -> list[Internal]:
    named = Q(provider_ref__in=refs) | Q(merchant_ref__in=refs)
    rows = Payment.objects.filter(_within("paid_at", bounds) | named, provider=source)
    return [
        Internal(
            f"payment:{row.pk}", LineKind.PAYMENT, (row.provider_ref,), (row.merchant_ref,), row.amount,
            _day(row.paid_at), row.intent.reference,
        )
        for row in rows.select_related("intent")
    ]  # fmt: skip


def _holds(source: str, bounds: tuple[datetime, datetime], refs: Collection[str]) -> list[Internal]:
    """Return what was taken from holds and has no payment of its own."""
    named = Q(provider_ref__in=refs) | Q(merchant_ref__in=refs)
    rows = DepositHold.objects.filter(
        _within("ended_at", bounds) | named, provider=source, state=HoldState.CAPTURED, captured__gt=0
    ).select_related("deposit")
    paid = set(
        Payment.objects.filter(
            provider=source, merchant_ref__in=[row.merchant_ref for row in rows]
        ).values_list("merchant_ref", flat=True)
    )
    return [
        Internal(
            f"hold:{row.pk}", LineKind.PAYMENT, (row.provider_ref,), (row.merchant_ref,), row.captured,
            _day(row.ended_at or row.created_at), row.deposit.reference,
        )
        for row in rows
        if row.merchant_ref not in paid
    ]  # fmt: skip


def _refunds(source: str, bounds: tuple[datetime, datetime], refs: Collection[str]) -> list[Internal]:
    named = Q(provider_ref__in=refs) | Q(request_id__in=refs) | Q(payment__merchant_ref__in=refs)
    moved = Coalesce("succeeded_at", "submitted_at", "created_at")
    rows = (
        Refund.objects.filter(payment__provider=source, way=RefundWay.ORIGINAL)
        .annotate(moved_at=moved)
        .filter(_within("moved_at", bounds) | named)
        .select_related("payment")
    )
    return [
        Internal(
            f"refund:{row.pk}", LineKind.REFUND, (row.provider_ref,), (row.request_id,), -row.amount,
            _day(row.moved_at), row.reference, _standing(row.state), row.payment.merchant_ref,
        )
        for row in rows
    ]  # fmt: skip


def _standing(state: str) -> Standing:
    if state == RefundState.SUCCEEDED:
        return Standing.DONE
    return Standing.UNDER_WAY if state in UNDER_WAY else Standing.NOT_DONE


def _chargebacks(source: str, bounds: tuple[datetime, datetime], refs: Collection[str]) -> list[Internal]:
    named = Q(provider_ref__in=refs) | Q(payment__merchant_ref__in=refs)
    rows = Chargeback.objects.filter(
        _within("opened_at", bounds) | _within("closed_at", bounds) | named, provider=source
    ).select_related("payment")
    found = []
    for row in rows:
        refs_of = ((row.provider_ref,), (), -row.amount, _day(row.opened_at), row.reference)
        found.append(
            Internal(
                f"chargeback:{row.pk}", LineKind.CHARGEBACK, *refs_of, payment_ref=row.payment.merchant_ref
            )
        )
        if row.state == ChargebackState.WON and row.closed_at:
            found.append(
                Internal(
                    f"chargeback-won:{row.pk}", LineKind.CHARGEBACK, (row.provider_ref,), (),
                    row.amount, _day(row.closed_at), row.reference, payment_ref=row.payment.merchant_ref,
                )
            )  # fmt: skip
    return found


def attempts_without_money(source: str, refs: Collection[str]) -> dict[str, PaymentAttempt]:
    """Return the attempts by the references that lines name, of which we know no payment."""
    rows = PaymentAttempt.objects.filter(provider=source, merchant_ref__in=refs).exclude(
        outcome=AttemptOutcome.SUCCEEDED
    )
    return {row.merchant_ref: row for row in rows}


# --- What the provider still has of us ----------------------------------------------------------
def clearing_difference(source: str) -> Dong:
    """Return by how much the ledger's clearing account differs from what its documents say: zero, or wrong.

    Documents: payments and holds taken, less refunds that arrived, less disputes, less what was paid out or
    put aside.
    """
    account = chart.psp_clearing(source).code
    lines = LedgerLine.objects.filter(account__code=account)
    balance = lines.aggregate(total=Sum("amount"))["total"] or 0
    paid_out = lines.filter(
        entry__kind__in=["payout", "suspense", "suspense_cleared", "adjustment", "reversal"]
    ).aggregate(total=Sum("amount"))["total"] or 0  # fmt: skip
    paid = Payment.objects.filter(provider=source).aggregate(total=Sum("amount"))["total"] or 0
    # A hold with a payment of its own counts as that.
    own = Payment.objects.filter(provider=source).values("merchant_ref")
    held = (
        DepositHold.objects.filter(provider=source, state=HoldState.CAPTURED)
        .exclude(merchant_ref__in=own)
        .aggregate(total=Sum("captured"))["total"]
        or 0
    )
    back = (
        Refund.objects.filter(
            payment__provider=source, way=RefundWay.ORIGINAL, state=RefundState.SUCCEEDED
        ).aggregate(total=Sum("amount"))["total"]
        or 0
    )
    disputed = (
        Chargeback.objects.filter(provider=source)
        .exclude(state=ChargebackState.WON)
        .aggregate(total=Sum("amount"))["total"]
        or 0
    )
    documents: Dong = paid + held - back - disputed + paid_out
    return balance - documents


def unpaid_days(source: str, until: date, *, most: int = 31) -> list[date]:
    """Return the days with a file, up to `until`, that no payout covers yet; oldest first."""
    days = list(
        StatementFile.objects.filter(source=source, day__lte=until, day__gt=until - timedelta(days=most))
        .order_by("day")
        .values_list("day", flat=True)
        .distinct()
    )
    covered = ProviderPayout.objects.filter(source=source, last_day__gte=until - timedelta(days=most))
    spans = list(covered.values_list("first_day", "last_day"))
    return [day for day in days if not any(first <= day <= last for first, last in spans)]


def providers_with_files() -> list[str]:
    """Return the sources that send settlement files."""
    return [
        source.value
        for source in Source
        if source != Source.BANK
        and registry.has(source.value)
        and registry.capabilities_of(source.value).settlement_file
    ]


# --- The bank -----------------------------------------------------------------------------------
# How the note of a bank line begins that names a provider and fits none of its files.
PAYOUT_NOTE = "payout:"


def waiting_statements() -> QuerySet[StatementFile]:
    """Return the statements that somebody brought and nobody else has confirmed."""
    brought = StatementFile.objects.filter(source=Source.BANK).exclude(received_ref="")
    return brought.filter(confirmation=None)


def waits(file: StatementFile) -> bool:
    """Say whether a second person must confirm a file before anything of it counts."""
    return waiting_statements().filter(pk=file.pk).exists()


def statement_covers(day: date) -> bool:
    """Return whether a statement came that reaches over a day: it has a line of it, or of a later one.

    What waits for a second person has not come yet.
    """
    start, _end = clock.day_bounds(day)
    came = StatementFile.objects.filter(source=Source.BANK, day__gte=day)
    return (
        came.exclude(pk__in=waiting_statements()).exists()
        or BankLine.objects.filter(booked_at__gte=start).exists()
    )


def booked_at_bank(day: date) -> Dong:
    """Return what the ledger says happened on our bank account on a day."""
    start, end = clock.day_bounds(day)
    lines = LedgerLine.objects.filter(
        account__code=chart.BANK.code, entry__occurred_at__gte=start, entry__occurred_at__lt=end
    )
    return lines.aggregate(total=Sum("amount"))["total"] or 0


def has_run(source: str, day: date) -> bool:
    return ReconciliationRun.objects.filter(source=source, day=day).exists()


def has_new_bank_lines() -> bool:
    return BankLine.objects.filter(state=LineState.NEW).exists()
