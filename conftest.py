"""Makes a plain `pytest` work: sees to PostgreSQL, Redis and Django before any test module is imported."""

from voltgo.local.testing import prepare

prepare()

# Imported by pytest after this file, so after Django is ready.
pytest_plugins = ["tests.personas", "tests.fakes.aws_fixture"]
