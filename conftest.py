"""Makes a plain `pytest` work: sees to PostgreSQL, Redis and Django before any test module is imported."""

from voltgo.local.testing import prepare

prepare()
