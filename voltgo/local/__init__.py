"""VoltGo on one machine: embedded PostgreSQL and Redis, and the process group of `bin/up`."""
