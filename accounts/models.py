"""Gathers the areas' models for Django."""

from accounts.confirmations.models import OneTimeCode
from accounts.kyc.models import (
    Consent,
    DocumentExtraction,
    DocumentImage,
    DocumentReview,
    FaceReference,
    IdentityDocument,
    VerificationPolicy,
)
from accounts.notifications.models import Delivery, NotificationPreference, PushDevice, QuietHours
from accounts.users.models import ApiToken, User

__all__ = [
    "ApiToken", "Consent", "Delivery", "DocumentExtraction", "DocumentImage", "DocumentReview", "FaceReference",
    "IdentityDocument", "NotificationPreference", "OneTimeCode", "PushDevice", "QuietHours", "User",
    "VerificationPolicy",
]  # fmt: skip
