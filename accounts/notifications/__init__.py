"""Messages to people: kinds, channels and the delivery log."""
