"""Pages of the yard: the queue, the bays, transfers, tickets and the jobs of the mobile team."""
