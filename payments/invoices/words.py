"""Amounts in Vietnamese words, as invoices and slips print them."""

from voltgo.core.money import Dong

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
# From the right, in groups of three digits; a billion of billions comes round again.
GROUPS = ("", "nghìn", "triệu")
BILLION = "tỷ"
ONE, FOUR, FIVE = 1, 4, 5


def in_words(amount: Dong) -> str:
    """Return whole dong in words, with a capital and the unit: `Một triệu hai trăm nghìn đồng`."""
    if amount < 0:
        return f"Âm {_number(-amount)} đồng"
    return f"{_number(amount)} đồng".capitalize()


def _number(value: int) -> str:
    if value == 0:
        return DIGITS[0]
    return " ".join(_billions(value, is_first=True))


def _billions(value: int, *, is_first: bool) -> list[str]:
    """Read the billions first, by the same rule, then the nine digits below them."""
    above, below = divmod(value, 10**9)
    words = [*_billions(above, is_first=is_first), BILLION] if above else []
    return [*words, *_below_a_billion(below, is_first=is_first and not above)]


def _below_a_billion(value: int, *, is_first: bool) -> list[str]:
    words: list[str] = []
    for power in (2, 1, 0):
        group = value // 1000**power % 1000
        if not group:
            continue
        # Inside a number every group has three digits: "một triệu không trăm linh năm nghìn".
        words += _three_digits(group, is_full=bool(words) or not is_first)
        if GROUPS[power]:
            words.append(GROUPS[power])
    return words


def _three_digits(value: int, *, is_full: bool) -> list[str]:
    hundreds, rest = divmod(value, 100)
    words = [DIGITS[hundreds], "trăm"] if hundreds or is_full else []
    tens, units = divmod(rest, 10)
    if tens == 0:
        if units and words:
            words.append("linh")
        return [*words, DIGITS[units]] if units else words
    words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    return [*words, _unit_after_tens(tens, units)] if units else words


def _unit_after_tens(tens: int, units: int) -> str:
    """Return a digit as it sounds after tens: mười lăm, hai mươi mốt, hai mươi tư, hai mươi lăm."""
    if units == FIVE:
        return "lăm"
    if tens > 1 and units == ONE:
        return "mốt"
    if tens > 1 and units == FOUR:
        return "tư"
    return DIGITS[units]
