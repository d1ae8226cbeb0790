"""The settings as mypy reads them: the real ones, with addresses that nothing answers."""

import os

os.environ.setdefault("VOLTGO_ENV", "test")
os.environ.setdefault("DATABASE_URL", "postgres://localhost/types")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")

from voltgo.settings import *  # noqa: F403
