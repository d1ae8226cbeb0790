"""News of the drawers, sent inside the transaction."""

from django.dispatch import Signal

# kwargs: session, amount (signed, what was found too much or too little), at_opening.
cash_variance_found = Signal()
