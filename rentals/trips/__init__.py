"""A renter's own trips, from the hold to the receipt: reads over all areas, and the pages that show them."""
