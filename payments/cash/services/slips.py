"""The slip for a payment in cash: issued with the payment, mailed when it is asked for."""

from django.db import transaction
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.cash.models import CashMovement
from payments.cash.presentation import slip_page
from payments.cash.selectors import slip_of
from payments.invoices.services import render_receipt
from voltgo.core import outbox
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

MAIL = "cash.mail_slip"


@transaction.atomic
def mail_slip(*, movement: CashMovement, by: Actor) -> None:
    """Promise to mail a payment's slip to the payer; one mail, however often it is asked for."""
    outbox.promise(MAIL, key=f"{MAIL}:{movement.pk}", movement_id=movement.pk)
    audit.record("cash.slip_mailed", f"cash_movement:{movement.pk}", by=by)


def send_slip(*, movement_id: int) -> None:
    """Mail a slip with its PDF, which is made now if its own job has not run yet."""
    movement = CashMovement.objects.select_related("session__drawer", "by").get(pk=movement_id)
    slip = slip_of(movement)
    if slip is None:
        return
    slip = render_receipt(receipt_id=slip.pk)
    with translation.override(slip.payer.language):
        page = slip_page(movement)
    payment = page["payment"]
    notify(
        user=slip.payer,
        kind=MessageKind.CASH_RECEIPT,
        key=f"{MessageKind.CASH_RECEIPT}:{slip.number}",
        reference=slip.reference,
        context={
            "number": slip.number,
            "amount": movement.amount,
            "at": movement.at,
            "place": page["place"],
            "reference_label": page["reference_label"],
            "path": payment.intent.get_absolute_url(),
        },
        attachments=[str(slip.pdf)],
    )
