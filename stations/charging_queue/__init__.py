"""Who charges where, plugged in and out by hand, and when each will be charged enough."""
