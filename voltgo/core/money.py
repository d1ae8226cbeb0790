"""Whole dong: one type, one rounding rule, one way to split and to print."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

# An int on purpose: no float and no Decimal ever touches an amount.
Dong = int

BASIS_POINTS = 10_000


class DongField(models.BigIntegerField[int | Combinable, int]):
    """A column of whole dong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 0)
        super().__init__(*args, **kwargs)


class OptionalDongField(models.BigIntegerField[int | Combinable | None, int | None]):
    """A column of whole dong that may be unknown; the same column as DongField for the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"null": True, "blank": True, "default": None, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"{DongField.__module__}.{DongField.__qualname__}", args, kwargs


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero, the rule for every amount in VoltGo."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((abs(numerator) * 2 + denominator) // (denominator * 2))


def share(amount: Dong, basis_points: int) -> Dong:
    """Return `basis_points` hundredths of a percent of an amount, rounded half up."""
    return divide_half_up(amount * basis_points, BASIS_POINTS)


def split_vat(gross: Dong, vat_bp: int) -> tuple[Dong, Dong]:
    """Split a price that includes VAT into (net, vat); the two always add up to `gross`."""
    net = divide_half_up(gross * BASIS_POINTS, BASIS_POINTS + vat_bp)
    return net, gross - net


def vat_of_part(part: Dong, *, gross: Dong, vat: Dong) -> Dong:
    """Return the VAT in a part of an amount whose VAT is known; what is left of it keeps the rest exactly.

    The part that goes back takes its share rounded down, the part that is kept has what remains.
    """
    if gross <= 0 or not 0 <= part <= gross:
        raise ValueError("a part lies between nothing and the whole")
    return vat - vat * (gross - part) // gross


def allocate(amount: Dong, weights: Sequence[int]) -> list[Dong]:
    """Split an amount by weights without losing a dong (largest remainder, first wins a tie)."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def format_dong(amount: Dong) -> str:
    """Print an amount as people read it in both languages: `1.250.000 ₫` with a no-break space."""
    digits = f"{abs(amount):,}".replace(",", ".")
    return f"{'−' if amount < 0 else ''}{digits}\u00a0₫"
