"""Availability, holds, bookings."""
