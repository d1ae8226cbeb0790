"""The Celery application; its periodic jobs stand in `voltgo/schedule.py`."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")

app = Celery("voltgo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {}


@app.on_after_finalize.connect
def _install_schedule(sender: Celery, **_kwargs: object) -> None:
    from voltgo.schedule import SCHEDULE

    sender.conf.beat_schedule = SCHEDULE


@signals.beat_init.connect
def _leave_signs_of_life(**_kwargs: object) -> None:
    """In beat's own process alone: note its start and each job that it sends."""
    from voltgo.core import heartbeat

    heartbeat.note()
    signals.after_task_publish.connect(heartbeat.note)
