"""The settlement file of one day, with the discrepancies that the switches ask for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.sandbox.control import Control

WRONG_BY = 1_000


def with_discrepancies(
    lines: Sequence[SettledLine], control: Control, *, noon: datetime
) -> list[SettledLine]:
    """Return the lines as a careless provider would write them. The same switches give the same file.

    Left out are the first lines; changed are the first of those that remain, fees from the end of them;
    repeated are the last. Invented lines stand at the end and name payments that nobody made.
    """
    kept = list(lines[control.settlement_missing :])
    for index in range(min(control.settlement_changed_amount, len(kept))):
        kept[index] = replace(kept[index], amount=kept[index].amount + WRONG_BY)
    for index in range(1, min(control.settlement_changed_fee, len(kept)) + 1):
        kept[-index] = replace(kept[-index], fee=kept[-index].fee + WRONG_BY)
    repeated = kept[len(kept) - min(control.settlement_repeated, len(kept)) :]
    kept += repeated
    invented = [
        SettledLine(
            kind=LineKind.PAYMENT,
            provider_ref=f"9{noon:%y%m%d}{index:04}",
            merchant_ref=f"UNKNOWN{noon:%y%m%d}{index}",
            amount=123_000,
            fee=0,
            occurred_at=noon + timedelta(seconds=index),
        )
        for index in range(1, control.settlement_extra + 1)
    ]
    return kept + invented
