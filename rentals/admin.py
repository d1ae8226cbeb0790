"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from rentals.contracts import admin as contracts

__all__ = ["contracts"]
