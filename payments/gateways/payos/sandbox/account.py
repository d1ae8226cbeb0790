"""The bank account of the local payOS: transfers that came or went, and its statement."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from payments.gateways.payos import protocol
from payments.gateways.sandbox.store import Row, Store
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.money import Dong

TRANSFER = "transfer"
PAYER = {"bank": "Ngân hàng Thử", "number": "0909000111", "name": "NGUYEN VAN AN"}
HEADING = (
    "Ngày giao dịch",
    "Số tham chiếu",
    "Ghi nợ",
    "Ghi có",
    "Số dư",
    "Nội dung giao dịch",
    "Số TK đối ứng",
    "Tên TK đối ứng",
    "Ngân hàng đối ứng",
)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the money lies."""

    bank_bin: str
    number: str
    name: str


def book(
    store: Store,
    *,
    amount: Dong,
    memo: str,
    order_code: int | None = None,
    party: Mapping[str, str] = PAYER,
) -> Row:
    """Write a movement on the account, money in is positive; `order_code` if payOS knows whose it is."""
    transfer: Row = {
        "reference": f"FT{store.next_number()}",
        "order_code": order_code,
        "amount": amount,
        "memo": memo,
        "at": store.now().isoformat(),
        "party": dict(party),
    }
    store.add(TRANSFER, transfer["reference"], transfer)
    store.note(
        "bank", reference=transfer["reference"], amount=amount, memo=memo, known=order_code is not None
    )
    return transfer


def paid_to(store: Store, order_code: int) -> list[Row]:
    """Return the transfers that payOS knows to belong to a request, oldest first."""
    return store.find(TRANSFER, order_code=order_code)


def as_transaction(transfer: Row, account: Account) -> Row:
    """Return a transfer as payOS tells it."""
    party = transfer["party"]
    return {
        "reference": transfer["reference"],
        "amount": transfer["amount"],
        "accountNumber": account.number,
        "description": transfer["memo"],
        "transactionDateTime": protocol.write_time(datetime.fromisoformat(transfer["at"])),
        "virtualAccountName": None,
        "virtualAccountNumber": None,
        "counterAccountBankId": None,
        "counterAccountBankName": party.get("bank"),
        "counterAccountName": party.get("name"),
        "counterAccountNumber": party.get("number"),
    }


def statement(store: Store, account: Account, day: date) -> bytes:
    """Return the statement of one day in Vietnam as banks export it, byte order mark and all."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"Số tài khoản: {account.number}"])
    writer.writerow(HEADING)
    balance = 0
    for row in store.find(TRANSFER):
        at = datetime.fromisoformat(row["at"]).astimezone(LOCAL_ZONE)
        balance += row["amount"]
        if at.date() != day:
            continue
        amount, party = row["amount"], row["party"]
        writer.writerow(
            (
                f"{at:%d/%m/%Y %H:%M:%S}",
                row["reference"],
                _grouped(-amount) if amount < 0 else "",
                _grouped(amount) if amount > 0 else "",
                _grouped(balance),
                row["memo"],
                party.get("number", ""),
                party.get("name", ""),
                party.get("bank", ""),
            )
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _grouped(amount: Dong) -> str:
    return f"{amount:,}".replace(",", ".")
