"""Bank accounts that money is returned to: the number encrypted, people see its last digits."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.gateways.base import BankParty
from voltgo.core import crypto
from voltgo.core.errors import InvalidInput

Payee = dict[str, Any]

# Napas transfers take no more; some banks mix letters in.
NUMBER = re.compile(r"[0-9A-Za-z]{4,19}")
SHOWN_DIGITS = 4
MOST_BANK, MOST_NAME = 60, 80


class PayeeInvalid(InvalidInput):
    """No bank account: bank, number or holder is missing or cannot be one."""

    code = "payee_invalid"
    message = _("Hãy ghi đủ ngân hàng, số tài khoản (4–19 chữ số) và tên chủ tài khoản.")


def seal(*, bank: str, number: str, name: str) -> Payee:
    """Return a bank account as it is kept.

    Raises:
        PayeeInvalid: a part of it is missing, or the number cannot be one.
    """
    bank, name = " ".join(bank.split())[:MOST_BANK], " ".join(name.split())[:MOST_NAME]
    number = re.sub(r"[\s.-]", "", number)
    if not bank or not name or not NUMBER.fullmatch(number):
        raise PayeeInvalid
    return {
        "bank": bank,
        "name": name,
        "number_encrypted": crypto.encrypt(number),
        "tail": number[-SHOWN_DIGITS:],
    }


def as_told(party: BankParty | None) -> Payee | None:
    """Return whom a bank named as the sender, however little that is, with the number encrypted."""
    if party is None or not (party.number or party.name):
        return None
    number = re.sub(r"[\s.-]", "", party.number)
    return {
        "bank": party.bank[:MOST_BANK],
        "name": party.name[:MOST_NAME],
        "number_encrypted": crypto.encrypt(number) if number else "",
        "tail": number[-SHOWN_DIGITS:],
    }


def of_sender(sender: Payee | None) -> Payee | None:
    """Return the account that a transfer came from, or None if the bank did not name it well enough."""
    if not sender:
        return None
    if "number_encrypted" in sender:
        return sender if all(sender.values()) else None
    try:
        return seal(
            bank=str(sender.get("bank", "")),
            number=str(sender.get("number", "")),
            name=str(sender.get("name", "")),
        )
    except PayeeInvalid:
        return None


def number_of(payee: Payee) -> str:
    """Return the number in clear, for the file that goes to the bank and nothing else."""
    return crypto.decrypt(payee["number_encrypted"])


def masked(payee: Payee | None) -> str:
    """Return what people see, such as `Vietcombank •••• 7890, NGUYEN MINH ANH`."""
    if not payee:
        return ""
    return f"{payee['bank']} •••• {payee['tail']}, {payee['name']}"
