"""Gathers the areas' jobs for Celery."""

from stations.supply import tasks as supply

__all__ = ["supply"]
