"""Camera fines: which rental they belong to, who is told, who pays, and what the State got."""
