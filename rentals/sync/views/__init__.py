"""Pages on which people decide what tablets could not."""
