"""Gathers the jobs of every area for Celery and for the outbox."""

from accounts.kyc import tasks as kyc
from accounts.notifications import tasks as notifications
from accounts.users import tasks as users

__all__ = ["kyc", "notifications", "users"]
