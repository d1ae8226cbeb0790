"""VoltGo: composition on top (settings, urls, celery), kernel at the bottom (core)."""

from voltgo.celery import app as celery_app

__all__ = ["celery_app"]
