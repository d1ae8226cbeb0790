"""Panels: short tables under a row's form that show what belongs to it, with a link to the whole list.

A page belongs to one area, but what is worth seeing there may come from areas further right, which the page
cannot import. They add their panels and steps to it: `VehicleAdmin.extend(panels=[rentals_of_vehicle])`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Panel:
    """One table: cells are text or safe links."""

    title: StrOrPromise
    headings: Sequence[StrOrPromise]
    rows: Sequence[Sequence[Any]]
    empty: StrOrPromise
    list_url: str = ""


MakePanel = Callable[[Any], Panel]
