"""What goes wrong with a vehicle or a rental, and who is looked after because of it."""
