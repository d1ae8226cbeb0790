"""Pages of the station tablet about what goes wrong."""
