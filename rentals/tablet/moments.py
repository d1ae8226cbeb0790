"""Moments as a tablet reads them."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """Write a moment in UTC with whole seconds: `2026-11-24T01:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def optional_iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
