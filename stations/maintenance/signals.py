"""News of maintenance, sent inside the transaction that makes it true."""

from django.dispatch import Signal

# A fault was reported that makes a vehicle unsafe: it must not be given to anybody. kwargs: ticket, by.
safety_fault = Signal()
# A ticket was put right. kwargs: ticket, by.
ticket_resolved = Signal()
