from typing import Any

import pytest
from pytest_django import Settings

from voltgo.checks import production_is_safe, readers_are_known

GOOD: dict[str, Any] = {
    "IS_PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": "k" * 50,
    "SECRET_KEY_FALLBACKS": [],
    "DATA_ENCRYPTION_KEYS": ["d" * 40, "e" * 40],
    "NUMBER_HASH_KEY": "n" * 40,
    "DATA_KEY_PROVIDER": "alias/voltgo-data",
    "SITE_URL": "https://voltgo.vn",
    "ALLOWED_HOSTS": ["voltgo.vn"],
    "CELERY_TASK_ALWAYS_EAGER": False,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "NOTIFY_SMS_BACKEND": "provider.Sms",
    "NOTIFY_PUSH_BACKEND": "provider.Push",
    "MEDIA_BUCKET": "voltgo-media",
    "VNPAY": {
        "TMN_CODE": "VOLTGO",
        "HASH_SECRET": "short-but-theirs",
        "PAY_URL": "https://pay.vnpay.vn/vpcpay.html",
        "API_URL": "https://merchant.vnpay.vn/api/transaction",
    },
}


@pytest.fixture
def production(settings: Settings) -> Settings:
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def _ids() -> list[str | None]:
    return [message.id for message in production_is_safe(None)]


@pytest.mark.usefixtures("production")
def test_sound_production_settings_pass() -> None:
    assert _ids() == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "local-only-secret_key-not-a-secret", "voltgo.E001"),
        ("SECRET_KEY_FALLBACKS", ["test-only-secret_key-not-a-secret"], "voltgo.E001"),
        ("DATA_ENCRYPTION_KEYS", ["d" * 40, "local-only-data_encryption_keys-not-a-secret"], "voltgo.E001"),
        ("NUMBER_HASH_KEY", "n" * 31, "voltgo.E002"),
        ("DATA_KEY_PROVIDER", "local", "voltgo.W012"),
        ("AWS", {"ENDPOINTS": {"kms": "http://127.0.0.1:4566"}}, "voltgo.E013"),
        ("AWS", {"ENDPOINTS": {"kms": "http://kms.example"}}, "voltgo.E013"),
        ("SITE_URL", "http://voltgo.vn", "voltgo.E003"),
        ("VNPAY", GOOD["VNPAY"] | {"PAY_URL": "http://127.0.0.1:8001/vpcpay.html"}, "voltgo.E004"),
        ("VNPAY", GOOD["VNPAY"] | {"API_URL": "https://sandbox.vnpayment.vn/api"}, "voltgo.E004"),
        ("ALLOWED_HOSTS", ["*"], "voltgo.E005"),
        ("ALLOWED_HOSTS", [], "voltgo.E005"),
        ("DEBUG", True, "voltgo.E006"),
        ("CELERY_TASK_ALWAYS_EAGER", True, "voltgo.E007"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "voltgo.E008"),
        ("MEDIA_BUCKET", "", "voltgo.W009"),
        ("NOTIFY_SMS_BACKEND", "accounts.notifications.channels.files.FileProvider", "voltgo.E010"),
        ("NOTIFY_PUSH_BACKEND", "accounts.notifications.channels.files.FileProvider", "voltgo.E010"),
        ("NOTIFY_SMS_BACKEND", "", "voltgo.I011"),
        ("NOTIFY_PUSH_BACKEND", "", "voltgo.I011"),
    ],
)
def test_what_only_a_laptop_may_have_is_refused(
    production: Settings, name: str, value: object, complaint: str
) -> None:
    setattr(production, name, value)

    assert _ids() == [complaint]


def test_a_laptop_may_have_all_of_it(production: Settings) -> None:
    production.IS_PRODUCTION = False
    production.DEBUG = True

    assert _ids() == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"KYC_READER": "tesseract"}, "voltgo.E014"),
        ({"KYC_FACE_ENGINE": "azure"}, "voltgo.E014"),
        ({"KYC_FACE_SAME": 80, "KYC_FACE_UNSURE": 80}, "voltgo.E015"),
        ({"KYC_FACE_SAME": 101}, "voltgo.E015"),
        ({"KYC_FACE_UNSURE": 0}, "voltgo.E015"),
        ({"DATA_KEY_PROVIDER": "my key"}, "voltgo.E016"),
        ({"DATA_KEY_FORMER": ["test"]}, "voltgo.E016"),
        ({"IMAGE_LINK_SECONDS": 0}, "voltgo.E017"),
        ({"IMAGE_LINK_SECONDS": 86_400}, "voltgo.E017"),
    ],
)
def test_readers_and_keys_that_do_not_exist_are_named(
    settings: Settings, changes: dict[str, Any], complaint: str
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert [message.id for message in readers_are_known(None)] == [complaint]


@pytest.mark.parametrize(
    "key",
    [
        "local",
        "alias/voltgo-data",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        "arn:aws:kms:ap-southeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:ap-southeast-1:111122223333:alias/voltgo-data",
    ],
)
def test_every_way_to_name_a_kms_key_is_known(settings: Settings, key: str) -> None:
    settings.DATA_KEY_PROVIDER = key

    assert readers_are_known(None) == []
