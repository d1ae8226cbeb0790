from typing import Any

import pytest
from pytest_django import Settings

from voltgo.checks import production_is_safe, readers_are_known, tablet_keys_are_keys

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
    "PAYMENT_METHODS": ["vnpay", "momo", "payos", "stripe"],
    "VNPAY": {
        "TMN_CODE": "VOLTGO",
        "HASH_SECRET": "short-but-theirs",
        "PAY_URL": "https://pay.vnpay.vn/vpcpay.html",
        "API_URL": "https://merchant.vnpay.vn/api/transaction",
    },
    "MOMO": {
        "PARTNER_CODE": "MOMOVOLTGO",
        "ACCESS_KEY": "theirs",
        "SECRET_KEY": "theirs-too",
        "API_URL": "https://payment.momo.vn",
    },
    "PAYOS": {
        "CLIENT_ID": "theirs",
        "API_KEY": "theirs-too",
        "CHECKSUM_KEY": "theirs-as-well",
        "API_URL": "https://api-merchant.payos.vn",
    },
    "STRIPE": {
        "SECRET_KEY": "sk_live_theirs",
        "WEBHOOK_SECRET": "whsec_theirs",
        "API_URL": "https://api.stripe.com",
        "PAGE_URL": "https://checkout.stripe.com",
    },
    "BANK_ACCOUNT": {"BIN": "970436", "NUMBER": "0071001234567", "NAME": "VOLTGO", "BANK": "Vietcombank"},
}
MOMO, PAYOS, STRIPE = GOOD["MOMO"], GOOD["PAYOS"], GOOD["STRIPE"]
INVENTED = "local-only-secret-not-a-secret"


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
        ("VNPAY", GOOD["VNPAY"] | {"HASH_SECRET": INVENTED}, "voltgo.E001"),
        ("VNPAY", GOOD["VNPAY"] | {"TMN_CODE": "VOLTGO01"}, "voltgo.E031"),
        ("MOMO", MOMO | {"SECRET_KEY": INVENTED}, "voltgo.E001"),
        ("MOMO", MOMO | {"API_URL": "https://test-payment.momo.vn"}, "voltgo.E004"),
        ("MOMO", MOMO | {"PARTNER_CODE": "MOMOBKUN20180529"}, "voltgo.E031"),
        ("MOMO", MOMO | {"ACCESS_KEY": "F8BBA842ECF85"}, "voltgo.E031"),
        ("PAYOS", PAYOS | {"API_KEY": INVENTED}, "voltgo.E001"),
        ("PAYOS", PAYOS | {"API_URL": "http://127.0.0.1:8003"}, "voltgo.E004"),
        ("PAYOS", PAYOS | {"CLIENT_ID": "voltgo-local"}, "voltgo.E031"),
        (
            "PAYOS",
            PAYOS | {"CHECKSUM_KEY": "1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"},
            "voltgo.E031",
        ),
        ("STRIPE", STRIPE | {"SECRET_KEY": INVENTED}, "voltgo.E001"),
        ("STRIPE", STRIPE | {"WEBHOOK_SECRET": INVENTED}, "voltgo.E001"),
        ("STRIPE", STRIPE | {"SECRET_KEY": "sk_test_theirs"}, "voltgo.E032"),
        ("STRIPE", STRIPE | {"SECRET_KEY": "rk_test_theirs"}, "voltgo.E032"),
        ("STRIPE", STRIPE | {"SECRET_KEY": "pk_live_theirs"}, "voltgo.E032"),
        ("STRIPE", STRIPE | {"SECRET_KEY": ""}, "voltgo.E032"),
        ("STRIPE", STRIPE | {"WEBHOOK_SECRET": ""}, "voltgo.E033"),
        ("STRIPE", STRIPE | {"WEBHOOK_SECRET": "whsec_"}, "voltgo.E033"),
        ("STRIPE", STRIPE | {"WEBHOOK_SECRET": "sk_live_theirs"}, "voltgo.E033"),
        ("STRIPE", STRIPE | {"API_URL": "http://127.0.0.1:8004"}, "voltgo.E004"),
        ("STRIPE", STRIPE | {"PAGE_URL": "https://localhost"}, "voltgo.E004"),
        ("BANK_ACCOUNT", GOOD["BANK_ACCOUNT"] | {"NUMBER": "1234567890"}, "voltgo.E034"),
        ("PAYMENT_METHODS", ["vnpay", "paypal"], "voltgo.E030"),
        ("PAYMENT_METHODS", [], "voltgo.E030"),
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


def test_a_method_that_is_not_offered_needs_nothing(production: Settings) -> None:
    production.PAYMENT_METHODS = ["vnpay"]
    empty = dict.fromkeys(
        ("PARTNER_CODE", "ACCESS_KEY", "SECRET_KEY", "API_URL", "API_KEY", "WEBHOOK_SECRET"), ""
    )
    production.MOMO = production.PAYOS = production.STRIPE = production.BANK_ACCOUNT = empty

    assert _ids() == []


@pytest.mark.parametrize("key", ["sk_live_theirs", "rk_live_theirs"])
def test_a_whole_and_a_restricted_key_of_stripe_will_do(production: Settings, key: str) -> None:
    production.STRIPE = STRIPE | {"SECRET_KEY": key}

    assert _ids() == []


def test_a_complaint_shows_no_secret(production: Settings) -> None:
    production.STRIPE = STRIPE | {"SECRET_KEY": "sk_test_9aF2", "WEBHOOK_SECRET": "9aF2"}

    assert "9aF2" not in "".join(str(message) for message in production_is_safe(None))


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


@pytest.mark.parametrize(
    "keys", [["short"], ["!" * 44], ["b25seS1mb3ItY2hlY2tpbmctMDEyMzQ1Njc4OS0wMTI=", "b25seQ=="]]
)
def test_a_tablet_key_that_is_none_is_refused(settings, keys):
    settings.TABLET_SIGNING_KEY = keys
    assert [message.id for message in tablet_keys_are_keys(None)] == ["voltgo.E040"]


def test_tablet_keys_of_32_bytes_will_do_and_a_laptop_needs_none(settings):
    for keys in ([], ["b25seS1mb3ItY2hlY2tpbmctMDEyMzQ1Njc4OS0wMTI="]):
        settings.TABLET_SIGNING_KEY = keys
        assert tablet_keys_are_keys(None) == []
