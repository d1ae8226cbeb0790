"""What operators do instead of editing an amount: credit given, or a debt written off, with a reason."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from payments.intents import services
from payments.intents.enums import AdjustmentKind
from payments.intents.models import Adjustment, PaymentIntent
from payments.intents.selectors import debt_of
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import change_url
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step
from voltgo.core.money import format_dong

ADD = "payments.add_adjustment"


class AmountForm(ReasonForm):
    """Asks how much and why."""

    amount = forms.IntegerField(label=_("Số tiền (₫)"), min_value=1, widget=UnfoldAdminIntegerFieldWidget())


def _adjust(kind: AdjustmentKind, intent: PaymentIntent, by: Actor, data: Mapping[str, Any]) -> Adjustment:
    amount, reason = data["amount"], data["reason"]
    # The same wish twice on one day is one.
    why = hashlib.sha256(reason.encode()).hexdigest()[:12]
    return services.adjust(
        kind=kind,
        person=intent.payer,
        reference=intent.reference,
        amount=amount,
        reason=reason,
        idempotency_key=f"admin:{kind}:{intent.pk}:{by.ref}:{amount}:{why}:{clock.today():%Y%m%d}",
        by=by,
    )


def _credit_facts(intent: PaymentIntent) -> Facts:
    return (
        (_("Khách"), str(intent.payer)),
        (_("Số dư hiện có"), format_dong(services.credit_of(intent.payer))),
    )


def _debt_facts(intent: PaymentIntent) -> Facts:
    return ((_("Khách"), str(intent.payer)), (_("Còn nợ"), format_dong(debt_of(intent.payer))))


ADJUSTING_STEPS = (
    Step(
        name="give-credit",
        label=_("Tặng vào số dư"),
        hint=_("Số tiền đã ghi không sửa được. Trên hạn mức thì cần người thứ hai duyệt."),
        form_class=AmountForm,
        do=lambda intent, by, data: _adjust(AdjustmentKind.CREDIT, intent, by, data),
        facts=_credit_facts,
        lands_on=change_url,
        permission=ADD,
        icon="redeem",
        is_for_many=False,
    ),
    Step(
        name="write-off",
        label=_("Xóa nợ"),
        hint=_("Chỉ khoản còn nợ của mã này. Trên hạn mức thì cần người thứ hai duyệt."),
        form_class=AmountForm,
        do=lambda intent, by, data: _adjust(AdjustmentKind.WRITE_OFF, intent, by, data),
        applies=lambda intent: debt_of(intent.payer) > 0,
        facts=_debt_facts,
        lands_on=change_url,
        permission=ADD,
        icon="money_off",
        is_grave=True,
        is_for_many=False,
    ),
)
