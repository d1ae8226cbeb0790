"""How and when money comes back, in words: the one place where pages and letters take them from."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.utils.translation import gettext as _

from payments.intents.enums import RefundState, RefundWay
from voltgo.core.money import Dong, format_dong


class Returned(Protocol):
    """What is read of a refund."""

    way: str
    state: str
    amount: Dong
    payee: Any


def way_hint(way: str) -> str:
    """Say of one way how and when its money comes."""
    match way:
        case RefundWay.CREDIT:
            return _("Vào số dư VoltGo của bạn ngay lập tức.")
        case RefundWay.CASH:
            return _("Nhận lại tiền mặt tại quầy của trạm, đọc mã đặt xe cho nhân viên.")
        case RefundWay.TRANSFER:
            return _("VoltGo chuyển khoản trong 3 ngày làm việc.")
        case _:
            return _("Tiền về đúng nguồn đã trả, thường trong 1 đến 7 ngày làm việc.")


def ahead(parts: Mapping[str, Dong]) -> str:
    """Say of money that would go back, by the ways that it would take; amounts only where they differ."""
    if len(parts) <= 1:
        return way_hint(next(iter(parts), RefundWay.ORIGINAL))
    return " ".join(f"{format_dong(amount)}: {way_hint(way)}" for way, amount in parts.items())


def going_back(refunds: Iterable[Returned]) -> str:
    """Say of refunds that were made what comes back by which way, and when; empty if there is none."""
    waiting: dict[str, Dong] = {}
    homeless = 0
    done: dict[str, Dong] = {}
    for refund in refunds:
        if needs_account(refund):
            homeless += refund.amount
        elif refund.state != RefundState.REJECTED:
            sums = done if refund.state == RefundState.SUCCEEDED else waiting
            sums[refund.way] = sums.get(refund.way, 0) + refund.amount
    said = []
    for way in RefundWay.values:
        if waiting.get(way):
            said.append(_waiting_words(way) % {"amount": format_dong(waiting[way])})
        if done.get(way):
            said.append(_done_words(way) % {"amount": format_dong(done[way])})
    if homeless:
        words = _(
            "VoltGo chưa biết chuyển %(amount)s về đâu. Hãy cho biết tài khoản ngân hàng trong ví của bạn."
        )
        said.append(words % {"amount": format_dong(homeless)})
    return " ".join(said)


def needs_account(refund: Returned) -> bool:
    """Say whether a transfer waits for the payer to name a bank account."""
    is_transfer = refund.way == RefundWay.TRANSFER and refund.state == RefundState.BY_HAND
    return is_transfer and not refund.payee


def _waiting_words(way: str) -> str:
    match way:
        case RefundWay.CREDIT:
            return _("%(amount)s đang được chuyển vào số dư VoltGo của bạn.")
        case RefundWay.CASH:
            return _("Mời bạn đến quầy của trạm nhận lại %(amount)s tiền mặt, đọc mã đặt xe cho nhân viên.")
        case RefundWay.TRANSFER:
            return _("VoltGo chuyển khoản lại %(amount)s cho bạn trong 3 ngày làm việc.")
        case _:
            return _("Đang hoàn %(amount)s về nguồn đã trả. Ngân hàng thường cần 1 đến 7 ngày làm việc.")


def _done_words(way: str) -> str:
    match way:
        case RefundWay.CREDIT:
            return _("%(amount)s đã vào số dư VoltGo của bạn.")
        case RefundWay.CASH:
            return _("Bạn đã nhận lại %(amount)s tiền mặt tại quầy.")
        case RefundWay.TRANSFER:
            return _("VoltGo đã chuyển khoản lại %(amount)s cho bạn.")
        case _:
            return _("Đã hoàn %(amount)s về nguồn đã trả.")
