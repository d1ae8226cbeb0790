"""What needs a person now: each duty counts the rows of exactly one filtered list."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, F, Value
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.kyc.enums import DocumentState
from accounts.kyc.models import IdentityDocument
from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.intents.enums import (
    AdjustmentState,
    CreditPayoutState,
    IntentState,
    RefundState,
    RefundWay,
)
from payments.intents.models import Adjustment, CreditPayout, PaymentIntent, Refund
from payments.reconciliation.enums import SETTLED_STATUSES, LineState
from payments.reconciliation.models import BankLine, ReconciliationItem
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental, Settlement
from rentals.incidents.enums import OPEN_INCIDENT_STATES
from rentals.incidents.models import Incident
from rentals.incidents.selectors import not_come, with_no_show_at
from rentals.sync.models import SyncConflict
from stations.fleet.models import Vehicle
from stations.timeline.selectors import picked_up_soon
from voltgo.core.models import OutboxMessage

Rows = Callable[[datetime], models.QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of work: its rows now, and the query under which the admin lists the same rows."""

    code: str
    label: StrOrPromise
    icon: str
    model: type[models.Model]
    rows: Rows
    query: str
    is_grave: bool = False

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"


def _low_battery(now: datetime) -> models.QuerySet[Any]:
    low = Vehicle.objects.filter(battery_percent__lt=F("model__minimum_battery_percent"))
    return low.filter(picked_up_soon(now))


DUTIES: tuple[Duty, ...] = (
    Duty(
        "documents",
        _("Giấy tờ chờ duyệt"),
        "badge",
        IdentityDocument,
        lambda _now: IdentityDocument.objects.filter(state=DocumentState.NEEDS_REVIEW),
        f"state__exact={DocumentState.NEEDS_REVIEW}",
    ),
    Duty(
        "overdue",
        _("Chuyến thuê quá hạn trả"),
        "alarm",
        Rental,
        lambda now: Rental.objects.filter(state=RentalState.ACTIVE, due_at__lt=now),
        "due=overdue",
        is_grave=True,
    ),
    Duty(
        "incidents",
        _("Sự cố chưa xử lý xong"),
        "report",
        Incident,
        lambda _now: Incident.objects.filter(state__in=OPEN_INCIDENT_STATES),
        "open=1",
        is_grave=True,
    ),
    Duty(
        "sync",
        _("Lệnh từ trạm cần người quyết định"),
        "sync_problem",
        SyncConflict,
        lambda _now: SyncConflict.objects.filter(resolved_at=None),
        "resolved_at__isnull=True",
        is_grave=True,
    ),
    Duty(
        "no_shows",
        _("Khách hết thời gian chờ"),
        "hourglass_disabled",
        Booking,
        lambda now: with_no_show_at(Booking.objects.all()).filter(not_come(now)),
        "not_come=1",
    ),
    Duty(
        "late_pickups",
        _("Khách chưa đến nhận xe"),
        "person_off",
        Booking,
        lambda now: Booking.objects.filter(
            state__in=(BookingState.CONFIRMED, BookingState.ARRIVED), starts_at__lt=now
        ),
        "due=late",
    ),
    Duty(
        "low_battery",
        _("Pin yếu, giao trong 2 giờ"),
        "battery_alert",
        Vehicle,
        _low_battery,
        "battery=low&promised=soon",
        is_grave=True,
    ),
    Duty(
        "disputes",
        _("Khiếu nại quyết toán"),
        "gavel",
        Settlement,
        lambda _now: Settlement.objects.filter(rental__state=RentalState.DISPUTED),
        f"rental__state__exact={RentalState.DISPUTED}",
        is_grave=True,
    ),
    Duty(
        "settlements",
        _("Quyết toán chờ khách đồng ý"),
        "receipt_long",
        Settlement,
        lambda _now: Settlement.objects.filter(rental__state=RentalState.SETTLING),
        f"rental__state__exact={RentalState.SETTLING}",
    ),
    Duty(
        "refunds",
        _("Hoàn tiền chờ duyệt"),
        "currency_exchange",
        Refund,
        lambda _now: Refund.objects.filter(state=RefundState.REQUESTED),
        f"state__exact={RefundState.REQUESTED}",
    ),
    Duty(
        "by_hand_refunds",
        _("Hoàn tiền chờ chuyển khoản"),
        "account_balance",
        Refund,
        lambda _now: Refund.objects.filter(state=RefundState.BY_HAND, way=RefundWay.TRANSFER),
        f"state__exact={RefundState.BY_HAND}&way__exact={RefundWay.TRANSFER}",
    ),
    Duty(
        "payouts",
        _("Rút số dư chờ chuyển khoản"),
        "wallet",
        CreditPayout,
        lambda _now: CreditPayout.objects.filter(state=CreditPayoutState.WAITING),
        f"state__exact={CreditPayoutState.WAITING}",
    ),
    Duty(
        "adjustments",
        _("Điều chỉnh chờ duyệt"),
        "tune",
        Adjustment,
        lambda _now: Adjustment.objects.filter(state=AdjustmentState.REQUESTED),
        f"state__exact={AdjustmentState.REQUESTED}",
    ),
    Duty(
        "money_cases",
        _("Việc cần xem về tiền"),
        "flag",
        MoneyCase,
        lambda _now: MoneyCase.objects.filter(state=CaseState.OPEN),
        f"state__exact={CaseState.OPEN}",
        is_grave=True,
    ),
    Duty(
        "failed_refunds",
        _("Hoàn tiền không thành"),
        "money_off",
        Refund,
        lambda _now: Refund.objects.filter(state=RefundState.FAILED),
        f"state__exact={RefundState.FAILED}",
        is_grave=True,
    ),
    Duty(
        "payments",
        _("Thanh toán cần kiểm tra"),
        "credit_card_off",
        PaymentIntent,
        lambda _now: PaymentIntent.objects.filter(state=IntentState.NEEDS_REVIEW),
        f"state__exact={IntentState.NEEDS_REVIEW}",
        is_grave=True,
    ),
    Duty(
        "differences",
        _("Chênh lệch đối soát chưa có lời giải"),
        "rule",
        ReconciliationItem,
        lambda _now: ReconciliationItem.objects.filter(run__is_current=True).exclude(
            status__in=SETTLED_STATUSES
        ),
        "open=1",
    ),
    Duty(
        "suspense",
        _("Tiền chưa rõ của ai"),
        "contact_support",
        BankLine,
        lambda _now: BankLine.objects.filter(state=LineState.SUSPENSE),
        f"state__exact={LineState.SUSPENSE}",
        is_grave=True,
    ),
    Duty(
        "jobs",
        _("Việc nền bỏ cuộc"),
        "sync_problem",
        OutboxMessage,
        lambda _now: OutboxMessage.objects.filter(dead_at__isnull=False),
        "dead_at__isempty=0",
        is_grave=True,
    ),
)


def duties_for(permissions: Collection[str]) -> list[Duty]:
    """Return the duties whose lists a person with these permissions may open."""
    return [duty for duty in DUTIES if duty.permission in permissions]


def count_duties(duties: Collection[Duty], *, now: datetime) -> Mapping[str, int]:
    """Count the rows of each duty, in one query: {code: rows}."""
    counts = dict.fromkeys((duty.code for duty in duties), 0)
    queries = [_counted(duty, now) for duty in duties]
    if queries:
        first, *others = queries
        found = first.union(*others, all=True) if others else first
        counts |= {row["duty"]: row["rows"] for row in found}
    return counts


def _counted(duty: Duty, now: datetime) -> models.QuerySet[Any, dict[str, Any]]:
    named = duty.rows(now).order_by().annotate(duty=Value(duty.code, output_field=models.CharField()))
    counted: models.QuerySet[Any, dict[str, Any]] = (
        named.values("duty").annotate(rows=Count("pk")).values("duty", "rows")
    )
    return counted
