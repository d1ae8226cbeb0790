"""The periodic look at what stands ready."""

from celery import shared_task

from stations.supply.services import watch_supply


@shared_task(name="stations.watch_supply")
def watch() -> int:
    return watch_supply()
