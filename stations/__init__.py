"""Places, vehicles, and the timeline of every claim on a vehicle."""
