"""The slip for a payment in cash: its number at once, its PDF by a job, its mail when it is asked for."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.cash.models import CashMovement, CashSlip
from payments.cash.presentation import slip_page
from payments.cash.selectors import payment_of
from voltgo.core import clock, locks, outbox, pdf
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

RENDER = "cash.slip"
MAIL = "cash.mail_slip"
TEMPLATE = "pdf/cash_slip.html"


def make_slip(movement: CashMovement) -> CashSlip:
    """Number the slip of a payment and promise its PDF; in the transaction of the payment."""
    year = clock.local(movement.at).year
    slip = CashSlip.objects.create(movement=movement, number=f"PT-{year}-{movement.pk:06d}")
    outbox.promise(RENDER, key=f"{RENDER}:{slip.pk}", slip_id=slip.pk)
    return slip


def render_slip(*, slip_id: int) -> CashSlip:
    """Make the PDF of a slip and store it. Safe to run again: the same rows give the same bytes and name."""
    slip = CashSlip.objects.select_related("movement__session__drawer", "movement__by").get(pk=slip_id)
    if slip.pdf:
        return slip
    # Both languages stand on the paper; what is translated is Vietnamese, so that any process makes the same.
    with translation.override("vi"):
        html = render_to_string(TEMPLATE, slip_page(slip))
    document = pdf.render(
        html,
        identifier=f"cash-slip:{slip.number}",
        created_at=slip.movement.at,
    )
    name = f"cash-slips/{clock.local(slip.movement.at).year}/{slip.number}-{document.sha256[:8]}.pdf"
    if default_storage.exists(name):
        # Left half-written by a job that died.
        default_storage.delete(name)
    default_storage.save(name, ContentFile(document.content))
    with transaction.atomic():
        locked = locks.lock_row(slip)
        locked.pdf, locked.sha256 = name, document.sha256
        locked.save(update_fields=["pdf", "sha256"])
    return locked


@transaction.atomic
def mail_slip(*, slip: CashSlip, by: Actor) -> None:
    """Promise to mail a slip to its payer; one mail, however often it is asked for."""
    outbox.promise(MAIL, key=f"{MAIL}:{slip.pk}", slip_id=slip.pk)
    audit.record("cash.slip_mailed", f"cash_slip:{slip.number}", by=by)


def send_slip(*, slip_id: int) -> None:
    """Mail a slip with its PDF."""
    slip = render_slip(slip_id=slip_id)
    payment = payment_of(slip.movement)
    if payment is None:
        return
    with translation.override(payment.intent.payer.language):
        page = slip_page(slip)
    notify(
        user=payment.intent.payer,
        kind=MessageKind.CASH_RECEIPT,
        key=f"{MessageKind.CASH_RECEIPT}:{slip.number}",
        reference=payment.intent.reference,
        context={
            "number": slip.number,
            "amount": payment.amount,
            "at": slip.movement.at,
            "place": page["place"],
            "reference_label": page["reference_label"],
            "path": payment.intent.get_absolute_url(),
        },
        attachments=[str(slip.pdf)],
    )
