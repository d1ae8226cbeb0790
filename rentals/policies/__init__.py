"""The dated rules of booking that an operator may edit: limits, cancellation, no-show."""
