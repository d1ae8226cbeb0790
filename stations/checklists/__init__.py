"""What is looked at when a vehicle is handed over, comes back or is made ready: lists that operators write."""
