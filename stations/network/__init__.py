"""Cities, stations, opening hours, closures, staff posts."""
