"""Reading receipts: whose they are and what they are for."""

from django.db.models import QuerySet

from accounts.models import User
from payments.invoices.enums import ReceiptKind
from payments.invoices.models import Receipt


def receipts_of(user: User) -> QuerySet[Receipt]:
    """Return the receipts of one person, the newest first: rentals, kept fees, debts paid, slips."""
    return Receipt.objects.filter(payer=user).order_by("-issued_at", "-number")


def receipts_for(reference: str) -> QuerySet[Receipt]:
    """Return the receipts of one reference, oldest first."""
    return Receipt.objects.filter(reference=reference).order_by("issued_at", "number")


def rental_receipt(reference: str) -> Receipt | None:
    """Return the receipt that closed a rental, if it is closed."""
    return Receipt.objects.filter(reference=reference, kind=ReceiptKind.RENTAL).first()
