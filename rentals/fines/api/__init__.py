"""Camera fines in the mobile API."""
