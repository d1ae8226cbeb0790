"""Gunicorn's configuration: threads under WSGI, because sync views under ASGI cost several times the CPU.

gunicorn --config python:voltgo.web_server voltgo.wsgi
"""

import gc
import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from voltgo.core.logs import without_secrets
from voltgo.env import Environment

env = Environment()

bind = env.text("WEB_BIND", "0.0.0.0:8000")
worker_class = "gthread"
workers = env.number("WEB_PROCESSES", 2)
threads = env.number("WEB_THREADS", 4)
env.check()

# One load of the code for all processes; it opens no connection.
preload_app = True
timeout = 60
graceful_timeout = 25
# Longer than a load balancer keeps an idle connection (60 s), so that never both close at once.
keepalive = 75
max_requests = 5000
max_requests_jitter = 500
# Nobody steers a running server by a socket; it would lie in the home folder, one for all clones.
control_socket_disable = True
# The workers' heartbeat files: a slow disk must not look like a hanging worker.
MEMORY_DISK = "/dev/shm"  # noqa: S108 (gunicorn opens its files there exclusively)
worker_tmp_dir = MEMORY_DISK if Path(MEMORY_DISK).is_dir() else None
# In production the load balancer writes the access log, with the client's address.
accesslog = "-" if os.environ.get("VOLTGO_ENV") == "local" else None
# No query string: it may hold a search or a token.
access_log_format = "%(m)s %(U)s %(s)s %(M)s ms"

QUIET_PREFIXES = ("/static/", "/livez", "/readyz")


class AccessLog(Logger):
    """Leaves files and probes out of the access log; writes none where none is wanted."""

    def _compute_access_log_enabled(self) -> bool:
        # Gunicorn also takes a logconfig for a wish to have one.
        return bool(self.cfg.accesslog)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(QUIET_PREFIXES):
            safe = environ | {"PATH_INFO": without_secrets(path)}
            super().access(resp, req, safe, request_time)  # type: ignore[no-untyped-call]


def post_fork(server: Any, worker: Any) -> None:
    """Spare the collector what was loaded at the start, and let it run less often: requests leave few cycles."""
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


logger_class = AccessLog
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": []},
    "formatters": {"line": {"format": "%(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": False},
    },
}
