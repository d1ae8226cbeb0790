"""How many vehicles stand ready against how many must, and what may still be booked."""
