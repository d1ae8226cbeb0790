"""Addresses below /account/ that are ours; django-allauth adds its own."""

from django.urls import URLPattern, URLResolver, path

from accounts.kyc import capture_views as capture
from accounts.kyc import privacy_views as privacy
from accounts.kyc import views as kyc
from accounts.notifications import views as notifications
from accounts.users import views as users

app_name = "accounts"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", users.profile, name="profile"),
    path("identity/", capture.identity, name="identity"),
    path("identity/consent/", capture.identity_consent, name="identity-consent"),
    path("identity/status/", capture.identity_status, name="identity-status"),
    path("identity/<slug:kind>/", capture.identity_upload, name="identity-upload"),
    path("documents/<int:document_id>/<slug:side>/", kyc.document_image, name="document-image"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/withdraw/<slug:purpose>/", privacy.consent_withdraw, name="consent-withdraw"),
    path("privacy/export/", privacy.data_export, name="data-export"),
    path("privacy/erase/", privacy.data_erase, name="data-erase"),
    path("notifications/", notifications.message_list, name="message-list"),
    path("notifications/read/", notifications.messages_read, name="messages-read"),
    path("notifications/settings/", notifications.notification_settings, name="notification-settings"),
    path("notifications/<int:message_id>/", notifications.message_detail, name="message-detail"),
]
