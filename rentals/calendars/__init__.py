"""Calendar feeds of bookings, per renter and per vehicle."""
