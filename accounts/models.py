"""Gathers the areas' models for Django."""

from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.notifications.models import Delivery, NotificationPreference, PushDevice, QuietHours
from accounts.users.models import ApiToken, User

__all__ = [
    "ApiToken", "Delivery", "DocumentImage", "IdentityDocument", "NotificationPreference", "PushDevice",
    "QuietHours", "User",
]  # fmt: skip
