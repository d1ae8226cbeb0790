"""Pages of the drawer, below /station/cash/."""
