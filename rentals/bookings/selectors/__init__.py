"""Reads of the booking area: what is free where and when, what it costs, and a renter's own bookings."""
