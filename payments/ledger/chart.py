"""The chart of accounts: how each account is called, what kind it is, and whether it is guarded.

Tracked are the accounts of one booking or one person: they must never go below zero, and nobody queues
for them. Accounts that every payment touches stay untracked; their balance is the sum of their lines.
"""

from dataclasses import dataclass

from payments.ledger.enums import AccountKind


@dataclass(frozen=True, slots=True)
class Account:
    """The name and nature of one ledger account; its row is made when it is first used."""

    code: str
    kind: AccountKind
    owner_ref: str = ""
    tracked: bool = False


def psp_clearing(provider: str) -> Account:
    """Money that a provider has taken for us and not yet paid out."""
    return Account(f"psp_clearing:{provider}", AccountKind.ASSET, provider)


def refund_clearing(provider: str) -> Account:
    """Money promised back to payers and not yet returned by the provider."""
    return Account(f"refund_clearing:{provider}", AccountKind.LIABILITY, provider)


def customer_prepaid(reference: str) -> Account:
    """Money received for services not yet rendered."""
    return Account(f"customer_prepaid:{reference}", AccountKind.LIABILITY, reference, tracked=True)


def deposit_liability(reference: str) -> Account:
    """The security deposit: the payer's money that we only hold."""
    return Account(f"deposit_liability:{reference}", AccountKind.LIABILITY, reference, tracked=True)


def customer_credit(reference: str) -> Account:
    """Money that came without being asked for and goes back."""
    return Account(f"customer_credit:{reference}", AccountKind.LIABILITY, reference, tracked=True)


def receivable(user_ref: str) -> Account:
    """What one person still owes us."""
    return Account(f"receivable:{user_ref}", AccountKind.ASSET, user_ref, tracked=True)


REVENUE_RENTAL = Account("revenue_rental", AccountKind.INCOME)
REVENUE_FEES = Account("revenue_fees", AccountKind.INCOME)
COMPENSATION_INCOME = Account("compensation_income", AccountKind.INCOME)
VAT_OUTPUT = Account("vat_output", AccountKind.LIABILITY)
ROUNDING = Account("rounding", AccountKind.INCOME)
SUSPENSE = Account("suspense", AccountKind.LIABILITY)
