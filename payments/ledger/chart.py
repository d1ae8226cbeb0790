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


def hold_clearing(provider: str) -> Account:
    """What we took from holds on cards and the provider has not yet confirmed."""
    return Account(f"hold_clearing:{provider}", AccountKind.ASSET, provider)


def user_credit(user_ref: str) -> Account:
    """What one person may spend with us, or have paid out."""
    return Account(f"user_credit:{user_ref}", AccountKind.LIABILITY, user_ref, tracked=True)


def cash_drawer(drawer: str) -> Account:
    """The notes in one drawer; never less than nothing."""
    return Account(f"cash_drawer:{drawer}", AccountKind.ASSET, drawer, tracked=True)


def fine_payable(reference: str) -> Account:
    """Taken from a renter for a fine and not yet passed on to the State."""
    return Account(f"fine_payable:{reference}", AccountKind.LIABILITY, reference, tracked=True)


def received_through(provider: str, account_ref: str = "") -> Account:
    """Where money lies that came through a provider, and where it leaves from when it goes back.

    `account_ref` is the drawer of cash, or the person whose credit it is.
    """
    match provider:
        case "cash":
            return cash_drawer(account_ref)
        case "bank":
            return BANK
        case "credit":
            return user_credit(account_ref)
        case _:
            return psp_clearing(provider)


# The company's account at its bank, as its statements tell.
BANK = Account("bank", AccountKind.ASSET)
# On that account, and nothing to do with renting: capital, salaries, the bank's own charges.
BANK_OTHER = Account("bank_other", AccountKind.LIABILITY)
# Left a drawer and has not reached the bank.
CASH_IN_TRANSIT = Account("cash_in_transit", AccountKind.ASSET)
# The float that headquarters lends to drawers.
CASH_FLOATS = Account("cash_floats", AccountKind.LIABILITY)
# Found too much or too little in drawers: a shortage is a debit.
CASH_DIFFERENCES = Account("cash_differences", AccountKind.EXPENSE)
PSP_FEES = Account("psp_fees", AccountKind.EXPENSE)
# Taken back by payers' banks while a dispute runs.
DISPUTE_RESERVE = Account("dispute_reserve", AccountKind.ASSET)
BAD_DEBT = Account("bad_debt", AccountKind.EXPENSE)
# Given to renters without being owed.
GOODWILL = Account("goodwill", AccountKind.EXPENSE)
REVENUE_RENTAL = Account("revenue_rental", AccountKind.INCOME)
REVENUE_FEES = Account("revenue_fees", AccountKind.INCOME)
COMPENSATION_INCOME = Account("compensation_income", AccountKind.INCOME)
VAT_OUTPUT = Account("vat_output", AccountKind.LIABILITY)
ROUNDING = Account("rounding", AccountKind.INCOME)
SUSPENSE = Account("suspense", AccountKind.LIABILITY)
