"""What was collected for a booking, taxed by the day on which it was collected.

A quote freezes the VAT of the day it was made. The tax point of money that is paid ahead is its collection:
who looks at a price on New Year's Eve and pays after midnight pays the same, of which more is VAT.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rentals.bookings.models import Booking
from rentals.pricing.lines import Line, lines_from
from rentals.pricing.models import Quote
from rentals.pricing.services import vat_bp_on
from voltgo.core.clock import local
from voltgo.core.money import Dong, allocate, split_vat, vat_of_part


def collected_lines(booking: Booking, quote: Quote) -> tuple[Line, ...]:
    """Return the lines of a booking's quote, now or of before a change, as their money was taxed.

    Gross amounts are those of the quote. Of a changed booking, what was booked first is that of its first
    payment; what came on top keeps the rate of the day on which the change was priced.
    """
    lines = lines_from(quote.lines)
    if booking.confirmed_at is None:
        return lines
    vat_bp = vat_bp_on(local(booking.confirmed_at).date())
    if all(line.vat_bp == vat_bp for line in lines):
        return lines
    first = quote
    while first.replaces is not None:
        first = first.replaces
    quoted_bp = first.lines[0]["vat_bp"]
    return tuple(_taxed(line, vat_bp) if line.vat_bp == quoted_bp else line for line in lines)


def _taxed(line: Line, vat_bp: int) -> Line:
    params = line.params
    if "vat" in params:
        params = params | {"vat": split_vat(line.gross, vat_bp)[1]}
    return Line(line.code, line.kind, line.gross, vat_bp, params)


class Part(NamedTuple):
    """What is kept of the money of one VAT rate."""

    vat_bp: int
    gross: Dong
    vat: Dong


def parts_of(kept: Dong, lines: Sequence[Line]) -> list[Part]:
    """Say which part of a kept amount was taxed at which rate, and the VAT in it; sums are exact.

    The VAT of what is kept and of what goes back is together that of the whole.
    """
    by_rate: dict[int, tuple[Dong, Dong]] = {}
    for line in lines:
        gross, vat = by_rate.get(line.vat_bp, (0, 0))
        by_rate[line.vat_bp] = (gross + line.gross, vat + line.vat)
    if min(gross for gross, _vat in by_rate.values()) < 0:
        # A promotion was larger than what is left at its rate: the whole counts as one.
        total = (sum(line.gross for line in lines), sum(line.vat for line in lines))
        by_rate = {lines[0].vat_bp: total}
    rates = sorted(by_rate)
    shares = allocate(kept, [by_rate[rate][0] for rate in rates])
    return [
        Part(rate, share, vat_of_part(share, gross=by_rate[rate][0], vat=by_rate[rate][1]))
        for rate, share in zip(rates, shares, strict=True)
        if share
    ]
