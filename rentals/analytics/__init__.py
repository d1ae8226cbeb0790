"""What the numbers say about today: for the operators' first page."""
