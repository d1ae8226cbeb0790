"""Every claim on a vehicle's time, and the constraint that no two overlap."""
