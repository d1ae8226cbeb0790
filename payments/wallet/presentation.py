"""The wallet in plain words: what is held, what was charged, what is on its way and when to expect it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from payments.gateways import registry
from payments.intents import targets
from payments.intents.enums import (
    AdjustmentKind,
    CreditPayoutState,
    Provider,
    RefundReason,
    RefundState,
    RefundWay,
)
from payments.intents.going_back import ahead, way_hint
from payments.intents.models import (
    Adjustment,
    CreditPayout,
    Deposit,
    DepositHold,
    Payment,
    PaymentIntent,
    Refund,
)
from payments.intents.selectors import debt_of
from payments.intents.services import credit_of, payable_out
from payments.intents.services.credit import CAN_BECOME_CREDIT
from payments.intents.services.payees import masked
from payments.invoices.enums import ReceiptState
from payments.invoices.models import Receipt
from payments.wallet import selectors
from voltgo.core.money import Dong, format_dong
from voltgo.core.templatetags.voltgo_ui import day, when

OK, WARN, BAD, INFO, PLAIN = "ok", "warn", "bad", "info", ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the wallet."""

    title: str
    detail: str
    at: Any
    amount: Dong
    href: str = ""
    # Comes to the renter, as money or as credit.
    is_back: bool = False
    tag: str = ""
    tag_kind: str = PLAIN


def overview(user: User) -> dict[str, Any]:
    """Return what stands above the list."""
    return {
        "credit": credit_of(user),
        "payable_out": payable_out(user),
        "debt": debt_of(user),
        "debts": [_debt(intent) for intent in selectors.debts_of(user)],
        "deposits": [
            *(line for row in selectors.deposits_held(user) for line in deposit_lines(row)),
            *(_line_ahead(row) for row in selectors.holds_ahead(user)),
        ],
        "under_way": [refund_line(row) for row in selectors.refunds_under_way(user)],
        "payouts": selectors.payouts_of(user).filter(state=CreditPayoutState.WAITING),
        "cards": selectors.cards_of(user),
    }


def provider_label(code: str) -> str:
    return registry.label_of(code) if registry.has(code) else str(Provider(code).label)


def _debt(intent: PaymentIntent) -> dict[str, Any]:
    return {
        "title": targets.label_for(intent.reference),
        "detail": intent.description or capfirst(intent.get_purpose_display()),
        "amount": intent.amount - intent.received_amount - intent.pledged_amount,
        "until": intent.expires_at,
        "url": intent.get_absolute_url(),
    }


# --- Deposits -----------------------------------------------------------------------------------
def deposit_lines(deposit: Deposit) -> list[Line]:
    """Say of each part of a deposit whether it is held on a card, charged, or kept back for fines."""
    label, href = targets.label_for(deposit.reference), targets.url_for(deposit.reference) or ""
    retained = min(deposit.retained, deposit.remaining)
    on_hold = min(deposit.on_hold, deposit.remaining - retained)
    charged = deposit.remaining - retained - on_hold

    def line(words: str, amount: Dong, kind: str) -> Line:
        return Line(title=label, detail=words, at=deposit.created_at, amount=amount, href=href, tag_kind=kind)

    lines = []
    if on_hold:
        lines.append(line(_("Giữ trên thẻ, chưa thu"), on_hold, INFO))
    if charged:
        lines.append(line(_("Đã thu, sẽ hoàn sau chuyến đi"), charged, PLAIN))
    if retained:
        words = _("Giữ lại chờ phạt nguội đến %(day)s") % {"day": day(deposit.retained_until)}
        lines.append(line(words, retained, WARN))
    return lines


def _line_ahead(hold: DepositHold) -> Line:
    reference = hold.deposit.reference
    return Line(
        title=targets.label_for(reference),
        detail=_("Sẽ giữ trên thẻ từ %(when)s, không thu") % {"when": when(hold.place_at)},
        at=hold.created_at,
        amount=hold.amount,
        href=targets.url_for(reference) or "",
        tag_kind=INFO,
    )


def deposit_words(deposit: Deposit) -> str:
    """Say how a deposit stands, in one sentence."""
    held = [f"{line.detail}: {format_dong(line.amount)}" for line in deposit_lines(deposit)]
    return ". ".join(held) if held else capfirst(str(deposit.get_state_display()))


# --- Refunds ------------------------------------------------------------------------------------
REFUND_KINDS = {
    RefundState.SUCCEEDED: OK,
    RefundState.FAILED: WARN,
}


def refund_line(refund: Refund) -> Line:
    return Line(
        title=_("Hoàn tiền: %(reason)s") % {"reason": RefundReason(refund.reason).label},
        detail=f"{targets.label_for(refund.reference)} · {way_words(refund)}",
        at=refund.succeeded_at or refund.created_at,
        amount=refund.amount,
        is_back=True,
        href=reverse("payments:refund-detail", args=[refund.pk]),
        tag=refund_state(refund),
        tag_kind=REFUND_KINDS.get(RefundState(refund.state), INFO),
    )


def way_words(refund: Refund) -> str:
    """Say where a refund goes."""
    match refund.way:
        case RefundWay.CREDIT:
            return _("vào số dư VoltGo")
        case RefundWay.CASH:
            return _("tiền mặt tại trạm")
        case RefundWay.TRANSFER:
            return _("chuyển khoản")
        case _:
            return _("về %(provider)s") % {"provider": provider_label(refund.payment.provider)}


def refund_state(refund: Refund) -> str:
    """Say how a refund stands, without the house's own words."""
    match refund.state:
        case RefundState.SUCCEEDED:
            return _("Đã hoàn")
        case RefundState.REQUESTED:
            return _("Đang được duyệt")
        case RefundState.BY_HAND if refund.way == RefundWay.CASH:
            return _("Chờ bạn nhận tại trạm")
        case RefundState.BY_HAND if not refund.payee:
            return _("Cần tài khoản của bạn")
        case RefundState.FAILED:
            return _("VoltGo đang xử lý")
        case _:
            return _("Đang chuyển về")


def expectation(refund: Refund) -> str:
    """Say when the money is to be expected, and what the payer can do."""
    match refund.state:
        case RefundState.SUCCEEDED if refund.way == RefundWay.CREDIT:
            return _("Đã vào số dư VoltGo của bạn.")
        case RefundState.SUCCEEDED if refund.way == RefundWay.ORIGINAL:
            return _(
                "%(provider)s đã xác nhận hoàn tiền. Ngân hàng của bạn có thể cần thêm vài ngày để ghi có."
            ) % {"provider": provider_label(refund.payment.provider)}
        case RefundState.SUCCEEDED:
            return _("Bạn đã nhận lại khoản này.")
        case RefundState.REQUESTED:
            return _("Khoản hoàn lớn được người thứ hai duyệt, thường trong một ngày làm việc.")
        case RefundState.BY_HAND if refund.way == RefundWay.CASH:
            return _(
                "Bạn đã trả tiền mặt: hãy đến trạm để nhận lại, hoặc cho biết tài khoản để VoltGo chuyển khoản."
            )
        case RefundState.BY_HAND if not refund.payee:
            return _("VoltGo không biết chuyển về đâu. Hãy cho biết tài khoản ngân hàng của bạn.")
        case RefundState.BY_HAND:
            return way_hint(RefundWay.TRANSFER)
        case RefundState.FAILED:
            return _("Cổng thanh toán chưa hoàn được. VoltGo đang xử lý và sẽ báo cho bạn.")
        case _:
            return way_hint(refund.way)


def refund_ways(parts: Mapping[str, Dong]) -> list[dict[str, Any]]:
    """Return the ways back for money that a renter may choose when cancelling.

    `parts`: which ways it would take if the renter chose nothing, and how much by each.
    """
    to_credit = set(parts) == {RefundWay.CREDIT}
    usual = {"value": RefundWay.ORIGINAL, "label": _usual_label(parts), "hint": ahead(parts)}
    return [
        *([] if to_credit else [usual]),
        {
            "value": RefundWay.CREDIT,
            "label": _("Vào số dư VoltGo"),
            "hint": _("Có ngay để trả cho chuyến sau; rút về tài khoản lúc nào cũng được."),
        },
    ]


def _usual_label(parts: Mapping[str, Dong]) -> str:
    if set(parts) == {RefundWay.CASH}:
        return _("Tiền mặt tại quầy")
    return _("Chuyển khoản") if set(parts) == {RefundWay.TRANSFER} else _("Về nơi đã trả")


def refund_page(refund: Refund) -> dict[str, Any]:
    """Return the template context of one refund."""
    waits = refund.state == RefundState.BY_HAND and refund.batch_id is None
    return {
        "refund": refund,
        "line": refund_line(refund),
        "expectation": expectation(refund),
        "way": capfirst(way_words(refund)),
        "payee": masked(refund.payee),
        "reference_label": targets.label_for(refund.reference),
        "target_url": targets.url_for(refund.reference),
        "may_name_payee": waits,
        "may_become_credit": refund.state in CAN_BECOME_CREDIT and refund.batch_id is None,
    }


# --- The list -----------------------------------------------------------------------------------
def line_of(kind: str, row: Any) -> Line:
    """Return one row of the list in words."""
    line: Line = _LINES[kind](row)
    return line


def _payment_line(payment: Payment) -> Line:
    return Line(
        title=_("Thanh toán qua %(provider)s") % {"provider": provider_label(payment.provider)},
        detail=f"{targets.label_for(payment.intent.reference)} · {payment.intent.get_purpose_display()}",
        at=payment.paid_at,
        amount=payment.amount,
        href=payment.intent.get_absolute_url(),
        tag=_("Đã nhận"),
        tag_kind=OK,
    )


def _receipt_line(receipt: Receipt) -> Line:
    is_ready = receipt.state == ReceiptState.RENDERED
    return Line(
        title=_("Biên nhận %(number)s") % {"number": receipt.number},
        detail=f"{targets.label_for(receipt.reference)} · {receipt.get_kind_display()}",
        at=receipt.issued_at,
        amount=receipt.total,
        href=receipt.get_absolute_url() if is_ready else "",
        tag=_("PDF") if is_ready else _("Đang tạo PDF"),
        tag_kind=PLAIN,
    )


PAYOUT_KINDS = {CreditPayoutState.PAID: OK, CreditPayoutState.CANCELLED: PLAIN}


def _payout_line(payout: CreditPayout) -> Line:
    return Line(
        title=_("Rút số dư về tài khoản"),
        detail=masked(payout.payee),
        at=payout.paid_at or payout.created_at,
        amount=payout.amount,
        is_back=True,
        tag=capfirst(str(payout.get_state_display())),
        tag_kind=PAYOUT_KINDS.get(CreditPayoutState(payout.state), INFO),
    )


def _gift_line(gift: Adjustment) -> Line:
    return Line(
        title=capfirst(str(AdjustmentKind.CREDIT.label)),
        detail=targets.label_for(gift.reference) if gift.reference else "",
        at=gift.decided_at or gift.created_at,
        amount=gift.amount,
        is_back=True,
        tag=_("Vào số dư"),
        tag_kind=OK,
    )


_LINES: dict[str, Any] = {
    "payment": _payment_line,
    "refund": refund_line,
    "receipt": _receipt_line,
    "payout": _payout_line,
    "gift": _gift_line,
}
