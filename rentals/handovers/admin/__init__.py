"""Rentals, inspections and settlements for operators."""

from rentals.handovers.admin import inspections, rentals, settlements

__all__ = ["inspections", "rentals", "settlements"]
