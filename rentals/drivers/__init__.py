"""Additional drivers: other people who may drive a booked vehicle, each with papers of their own."""
