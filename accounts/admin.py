"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from accounts.access import admin as access
from accounts.confirmations import admin as confirmations
from accounts.kyc import admin as kyc
from accounts.kyc import consent_admin, face_admin, review_admin
from accounts.notifications import admin as notifications
from accounts.users import admin as users

__all__ = [
    "access",
    "confirmations",
    "consent_admin",
    "face_admin",
    "kyc",
    "notifications",
    "review_admin",
    "users",
]
