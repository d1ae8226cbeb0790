"""Vehicles at the station, beyond the counter: what charges, who repairs, which bay, who drives where."""
