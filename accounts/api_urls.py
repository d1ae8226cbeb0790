"""Addresses of the account's API."""

from django.urls import path

from accounts.kyc import api as kyc
from accounts.notifications import api as notifications
from accounts.users import api

urlpatterns = [
    path("tokens", api.TokenCreate.as_view(), name="api-token-create"),
    path("tokens/current", api.TokenCurrent.as_view(), name="api-token-current"),
    path("me", api.Me.as_view(), name="api-me"),
    path(
        "me/notification-preferences",
        notifications.Preferences.as_view(),
        name="api-notification-preferences",
    ),
    path("me/devices", notifications.Devices.as_view(), name="api-devices"),
    path("identity", kyc.Identity.as_view(), name="api-identity"),
    path("identity/consents", kyc.Consents.as_view(), name="api-consents"),
    path("identity/consents/<slug:purpose>", kyc.ConsentOfPurpose.as_view(), name="api-consent"),
    path("identity/<slug:kind>", kyc.PaperPhotographs.as_view(), name="api-identity-paper"),
]
