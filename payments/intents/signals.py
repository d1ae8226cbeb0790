"""News about money, sent inside its transaction: a receiver that raises undoes the whole step."""

from django.dispatch import Signal

# send(sender=PaymentIntent, intent=..., late=...): the whole amount came, for the first time. `late` says
# that the intent had been expired or cancelled before.
payment_succeeded = Signal()
# send(sender=PaymentIntent, intent=...): the newest attempt failed; the payer may try again.
payment_failed = Signal()
# send(sender=Refund, refund=...): the provider says that the money went back.
refund_succeeded = Signal()
# send(sender=Deposit, deposit=..., intent=..., why=...): the deposit has to be paid in another way, by this
# intent. `why` is a NeedReason of payments.intents.services.deposit_requests.
deposit_needed = Signal()
