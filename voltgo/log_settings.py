"""Where log lines go and what is left out of them."""

from typing import Any

from voltgo.schedule import SCHEDULE


def logging_for(level: str, *, is_production: bool) -> dict[str, Any]:
    """Return Django's LOGGING: JSON in production, a line for people elsewhere."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "context": {"()": "voltgo.core.logs.ContextFilter"},
            "periodic": {
                "()": "voltgo.core.logs.PeriodicFilter",
                "names": [job["task"] for job in SCHEDULE.values()],
            },
        },
        "formatters": {
            "json": {"()": "voltgo.core.logs.JsonFormatter"},
            "line": {"()": "voltgo.core.logs.LineFormatter"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["context", "periodic"],
                "formatter": "json" if is_production else "line",
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            # "received" is followed by "succeeded" or by a failure.
            "celery.worker.strategy": {"level": "WARNING"},
            # On a laptop the address and the logins must stay on the screen; what fails is still said.
            "celery.app.trace": {"level": "INFO" if is_production else "WARNING"},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
            "httpx": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
        },
    }
