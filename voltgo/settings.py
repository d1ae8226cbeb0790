"""One settings module, driven by the environment and safe by default.

`VOLTGO_ENV` is `production` (default), `local` (set by bin/up) or `test` (set by bin/test).
Only local and test mode invent secrets.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from voltgo.admin_look import UNFOLD as UNFOLD
from voltgo.api_settings import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from voltgo.api_settings import rest_framework
from voltgo.aws_prices import AWS_PRICES as AWS_PRICES
from voltgo.aws_prices import AWS_PRICES_AS_OF as AWS_PRICES_AS_OF
from voltgo.env import Environment
from voltgo.log_settings import logging_for
from voltgo.payment_settings import payments_for

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

VOLTGO_ENV = env.text("VOLTGO_ENV", "production")
IS_PRODUCTION = VOLTGO_ENV == "production"
IS_TEST = VOLTGO_ENV == "test"
DEBUG = env.flag("DEBUG")
VAR_DIR = env.folder("VOLTGO_VAR_DIR", BASE_DIR / "var")


def _secret(name: str, cure: str) -> str:
    """Read a secret; outside production a fixed, clearly named value keeps sessions between runs."""
    return env.text(
        name, None if IS_PRODUCTION else f"{VOLTGO_ENV}-only-{name.lower()}-not-a-secret", cure=cure
    )


SECRET_KEY = _secret(
    "SECRET_KEY", "Any 50 random characters: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Encrypts identity numbers; first key writes, the others only read (rotation).
DATA_ENCRYPTION_KEYS = env.words("DATA_ENCRYPTION_KEYS") or [
    _secret("DATA_ENCRYPTION_KEYS", "One or more long random texts, comma-separated, newest first."),
]
# Finds a document number again without storing it in the clear; never rotated without a rehash.
NUMBER_HASH_KEY = _secret("NUMBER_HASH_KEY", "A long random text that never changes.")
TABLET_SIGNING_KEY = env.words("TABLET_SIGNING_KEY", None if IS_PRODUCTION else "", cure="Base64, 32 bytes")

SITE_URL = env.text(
    "SITE_URL",
    None if IS_PRODUCTION else "http://127.0.0.1:8000",
    cure="The public address, e.g. https://voltgo.vn",
)
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS",
    None if IS_PRODUCTION else "127.0.0.1,localhost,[::1],testserver",
    cure="The host names of the site, comma-separated.",
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", SITE_URL if IS_PRODUCTION else "")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
    "voltgo.core.apps.CoreConfig",
    "accounts.apps.AccountsConfig",
    "payments.apps.PaymentsConfig",
    "stations.apps.StationsConfig",
    "rentals.apps.RentalsConfig",
    "voltgo.apps.VoltGoConfig",
]

MIDDLEWARE = [
    # Above everything: health probes arrive with the task's address as Host.
    "voltgo.middleware.HealthMiddleware",
    "voltgo.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "stations.tablets.middleware.PinSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "voltgo.middleware.NullCharacterMiddleware",
    "voltgo.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "voltgo.urls"
WSGI_APPLICATION = "voltgo.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "voltgo.core.context.site",
                "accounts.notifications.context.unread",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data ---------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env.text(
            "DATABASE_URL", None, cure="postgres://user:password@host/name; bin/up starts an embedded one."
        )
        or "postgres://localhost/missing",
        # Persistent connections cost half the CPU of opening one per request.
        conn_max_age=None,
        conn_health_checks=True,
    ),
}
DATABASES["default"]["TEST"] = {
    "NAME": env.text("VOLTGO_TEST_DATABASE", "test_voltgo"),
    # A migrated database to copy, so that each worker of a test run need not migrate its own.
    "TEMPLATE": env.text("VOLTGO_TEST_TEMPLATE", "") or None,
}
if IS_TEST:
    # pytest empties tables by TRUNCATE; the append-only triggers let only a test database do so.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c voltgo.allow_truncate=on"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", None, cure="redis://host:6379/0; bin/up starts an embedded one.")
# The hash tag keeps every key in one slot, which a cluster-mode ElastiCache needs.
# Parallel test workers share one server and keep apart by name.
REDIS_PREFIX = f"{{voltgo-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}}}" if IS_TEST else "{voltgo}"
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}:{VOLTGO_ENV}",
        "TIMEOUT": 300,
        # A cache that is away costs speed, not service: sessions are then read from the database.
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 2, "SOCKET_TIMEOUT": 2, "IGNORE_EXCEPTIONS": True},
    },
}
# Sessions survive a lost cache: they are read through it, but kept in the database.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = "Lax"

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 110
CELERY_TASK_SOFT_TIME_LIMIT = 90
# A worker that is not told otherwise serves both; production runs some for the slow one alone (voltgo/core/outbox.py).
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "documents": {}}
CELERY_TASK_ALWAYS_EAGER = env.flag("CELERY_TASK_ALWAYS_EAGER")
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "visibility_timeout": 120,
    # kombu looks for lost messages every 10 s x 10 calls unless told otherwise.
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# --- Files --------------------------------------------------------------------------------------
MEDIA_BUCKET = env.text("MEDIA_BUCKET", "")
# Only production collects, hashes and compresses; elsewhere the sources are served as they are edited.
_static_backend = (
    "voltgo.core.storage.StaticStorage"
    if IS_PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "voltgo.core.storage.PrivateS3Storage"
        if MEDIA_BUCKET
        else "voltgo.core.storage.PrivateFileStorage",
        "OPTIONS": {"bucket_name": MEDIA_BUCKET} if MEDIA_BUCKET else {"location": VAR_DIR / "media"},
    },
    "staticfiles": {"BACKEND": _static_backend},
}
# Pictures of papers, faces and signatures are encrypted before they are stored, each with a data key that is
# itself encrypted: by a key derived from DATA_ENCRYPTION_KEYS ("local"), or by a KMS key (id, ARN or alias).
DATA_KEY_PROVIDER = env.text("DATA_KEY_PROVIDER", "local")
# KMS keys that still open what they have sealed.
DATA_KEY_FORMER = env.words("DATA_KEY_FORMER")
# Refuses pictures from before they were sealed; `manage.py seal_files` seals them.
SEALED_FILES_ONLY = env.flag("SEALED_FILES_ONLY")
# An address of a picture works for one person and so long.
IMAGE_LINK_SECONDS = env.number("IMAGE_LINK_SECONDS", 120)
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not IS_PRODUCTION
WHITENOISE_MAX_AGE = 60 if IS_PRODUCTION else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 24
# A whole request with its files: a dozen photographs of 8 MB each.
UPLOAD_MAX_BYTES = 100 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "voltgo.core.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.users.backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if IS_TEST:
    # A slow hash protects a stolen table; tests make hundreds of people.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "rentals:start"
ACCOUNT_ADAPTER = "accounts.users.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.users.forms.SignupDetailsForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# A person at the counter must be able to go on at once; the address is verified by the confirmation mail.
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/h/ip",
    "reset_password": "20/h/ip,5/h/key",
}
# Failed sign-ins are counted by the address that our own load balancer has seen.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("NUM_PROXIES", 1 if IS_PRODUCTION else 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "VoltGo"

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Tiếng Việt")), ("en", _("Tiếng Anh"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
FORMAT_MODULE_PATH = ["voltgo.formats"]
TIME_ZONE = "Asia/Ho_Chi_Minh"

# --- Mail ---------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "VoltGo <hello@voltgo.vn>")
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend"
    if IS_PRODUCTION
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 587 if IS_PRODUCTION else 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=IS_PRODUCTION)
EMAIL_TIMEOUT = 10

# --- SMS and push -------------------------------------------------------------------------------
# Dotted paths of providers, see accounts/notifications/channels/base.py; empty: the channel is off.
_to_files = "" if IS_PRODUCTION else "accounts.notifications.channels.files.FileProvider"
NOTIFY_SMS_BACKEND = env.text("NOTIFY_SMS_BACKEND", _to_files)
NOTIFY_PUSH_BACKEND = env.text("NOTIFY_PUSH_BACKEND", _to_files)
NOTIFY_FOLDER = VAR_DIR / "messages"

# --- AWS ----------------------------------------------------------------------------------------
# Credentials come from the task's role or AWS's own variables. Addresses are set to speak to a stand-in.
AWS: dict[str, Any] = {
    "REGION": env.text("AWS_REGION", "ap-southeast-1"),
    "ENDPOINTS": {
        "kms": env.text("AWS_KMS_ENDPOINT_URL", ""),
        "textract": env.text("AWS_TEXTRACT_ENDPOINT_URL", ""),
        "rekognition": env.text("AWS_REKOGNITION_ENDPOINT_URL", ""),
    },
    "CONNECT_SECONDS": 2,
    "READ_SECONDS": 8,
}

# --- Reading papers and comparing faces -----------------------------------------------------------
# "local" (offline, reads Vietnamese), "textract" (adds a second look at digits; sends pictures abroad, so only
# with that consent) or "none" (a person reads everything).
KYC_READER = env.text("KYC_READER", "local")
# "" (a person compares), "rekognition" or "dlib"; only with that consent.
KYC_FACE_ENGINE = env.text("KYC_FACE_ENGINE", "")
# A Rekognition collection in which faces are remembered, to find a person with two accounts. Empty: none are.
KYC_FACE_COLLECTION = env.text("KYC_FACE_COLLECTION", "")
# Rekognition's similarity in percent: from the first on the same person, below the second another one.
KYC_FACE_SAME = env.number("KYC_FACE_SAME", 90)
KYC_FACE_UNSURE = env.number("KYC_FACE_UNSURE", 80)
KYC_FACE_LIVENESS = env.flag("KYC_FACE_LIVENESS")
# Where shape_predictor_5_face_landmarks.dat and dlib_face_recognition_resnet_model_v1.dat lie.
KYC_DLIB_MODELS = env.folder("KYC_DLIB_MODELS", VAR_DIR / "dlib")

# --- Seals on documents -------------------------------------------------------------------------
# "development" makes a key on this machine; "kms:<id, ARN or alias>"; "pkcs11:module-path=…;token=…;object=…";
# "none" leaves contracts without the company's digital signature. See voltgo/core/sealing/keys.py.
SEAL_KEY = env.text(
    "SEAL_KEY",
    None if IS_PRODUCTION else "development",
    cure="Where the company's seal key is: kms:…, pkcs11:… or none.",
)
# PEM files: the seal's certificate followed by its issuers'; certificates whose seals still count as ours.
SEAL_CERTIFICATES = env.text("SEAL_CERTIFICATES", "")
SEAL_FORMER_CERTIFICATES = env.text("SEAL_FORMER_CERTIFICATES", "")
SEAL_PKCS11_PIN = env.text("SEAL_PKCS11_PIN", "")
# An RFC 3161 timestamp authority; empty: seals say the moment of signing by themselves (PAdES B-B).
SEAL_TSA_URL = env.text("SEAL_TSA_URL", "")

# --- Payments -----------------------------------------------------------------------------------
_payments = payments_for(env, is_production=IS_PRODUCTION, environment=VOLTGO_ENV)
PAYMENT_METHODS: list[str] = _payments["PAYMENT_METHODS"]
VNPAY: dict[str, str] = _payments["VNPAY"]
MOMO: dict[str, str] = _payments["MOMO"]
PAYOS: dict[str, str] = _payments["PAYOS"]
STRIPE: dict[str, str] = _payments["STRIPE"]
BANK_ACCOUNT: dict[str, str] = _payments["BANK_ACCOUNT"]
SETTLEMENT_INBOX: str = _payments["SETTLEMENT_INBOX"] or (
    str(VAR_DIR / "settlements") if VOLTGO_ENV == "local" else "")  # fmt: skip
REFUND_APPROVAL_LIMIT: int = _payments["REFUND_APPROVAL_LIMIT"]
EINVOICE_SERIAL: str = _payments["EINVOICE_SERIAL"]
CASH_VARIANCE_LIMIT: int = _payments["CASH_VARIANCE_LIMIT"]
CASH_VAT_PROOF_FROM: int = _payments["CASH_VAT_PROOF_FROM"]
REFUND_WITHIN_DAYS: int = _payments["REFUND_WITHIN_DAYS"]

# --- The market's defaults ----------------------------------------------------------------------
QUOTE_MINUTES = 10
TURNAROUND_MINUTES = 30
MAP_TILES = env.text("MAP_TILES", "")
SHOW_GALLERY = not IS_PRODUCTION
SUPPORT_PHONE = "1900 0000"
# Who rents out: printed on contracts and receipts. Production must say it; elsewhere it is made up.
COMPANY = {
    "name": env.text(
        "COMPANY_NAME",
        None if IS_PRODUCTION else "Công ty Cổ phần VoltGo (bản thử)",
        cure="The company's registered name.",
    ),
    "name_en": env.text("COMPANY_NAME_EN", "" if IS_PRODUCTION else "VoltGo Joint Stock Company (trial)"),
    "tax_code": env.text(
        "COMPANY_TAX_CODE", None if IS_PRODUCTION else "0000000000", cure="The company's tax code."
    ),
    "address": env.text(
        "COMPANY_ADDRESS",
        None if IS_PRODUCTION else "1 Đường Mẫu, Quận 1, TP. Hồ Chí Minh",
        cure="The registered address.",
    ),
    "email": env.text("COMPANY_EMAIL", "hello@voltgo.vn"),
    "phone": SUPPORT_PHONE,
}

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = rest_framework(proxies=env.number("NUM_PROXIES", 1 if IS_PRODUCTION else 0))

# --- Security -----------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "voltgo.core.views.csrf_failure"
if IS_PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
_tile_hosts = [MAP_TILES.split("{")[0].rstrip("/")] if MAP_TILES else []
# Paying leaves the site by a redirect after a POST, which browsers count as a form action.
_payment_origins: list[str] = _payments["ORIGINS"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_tile_hosts],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "form-action": [SELF, *_payment_origins],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- Logs ---------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = logging_for(LOG_LEVEL, is_production=IS_PRODUCTION)

env.check()
