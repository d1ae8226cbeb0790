"""What a change costs or gives back: pure arithmetic over two prices.

More rent is paid before the change applies. Less rent is a part given up: of it goes back what cancelling at that
moment would give back (the frozen policy's share), the rest is kept as a fee. The deposit follows the new quote in
full, both ways: it is the renter's own money.
"""

from dataclasses import dataclass

from rentals.pricing.models import Quote
from voltgo.core.money import Dong, share


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two quotes, in dong; rent and deposit are after less before."""

    rent: Dong
    deposit: Dong
    # Of rent that is given up: what is kept.
    fee: Dong

    @property
    def due(self) -> Dong:
        """What is paid before the change applies."""
        return self.due_rent + self.due_deposit

    @property
    def due_rent(self) -> Dong:
        return max(0, self.rent)

    @property
    def due_deposit(self) -> Dong:
        return max(0, self.deposit)

    @property
    def back(self) -> Dong:
        """What goes back when the change applies."""
        return self.back_rent + self.back_deposit

    @property
    def back_rent(self) -> Dong:
        return max(0, -self.rent) - self.fee

    @property
    def back_deposit(self) -> Dong:
        return max(0, -self.deposit)

    @property
    def balance(self) -> Dong:
        """What changes hands in all: above zero the renter pays, below zero gets back."""
        return self.due - self.back


def difference_of(before: Quote, after: Quote, refund_bp: int) -> Difference:
    """Compare two quotes; `refund_bp` is the share that cancelling now would give back."""
    rent = after.total_amount - before.total_amount
    given_up = max(0, -rent)
    fee = given_up - share(given_up, refund_bp)
    return Difference(rent, after.deposit_amount - before.deposit_amount, fee)
