"""System checks of payments: credentials and addresses of tests must not take real people's money.

Only the methods that PAYMENT_METHODS names are judged; the others are not offered and need nothing.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from voltgo.payment_settings import ALL_METHODS

MARK_OF_INVENTED_SECRETS = "-not-a-secret"
LOOPBACK = {"127.0.0.1", "localhost", "::1", "0.0.0.0", ""}  # noqa: S104 (compared, never bound)
# Parts of the names of hosts on which providers let people try.
SANDBOX_WORDS = ("sandbox", "test", "staging", "uat")
# Name of the setting, and its parts that are secret.
SECRETS = {
    "vnpay": ("VNPAY", ("HASH_SECRET",)),
    "momo": ("MOMO", ("ACCESS_KEY", "SECRET_KEY")),
    "payos": ("PAYOS", ("API_KEY", "CHECKSUM_KEY")),
    "stripe": ("STRIPE", ("SECRET_KEY", "WEBHOOK_SECRET")),
}
ADDRESSES = {
    "vnpay": ("VNPAY", ("PAY_URL", "API_URL")),
    "momo": ("MOMO", ("API_URL",)),
    "payos": ("PAYOS", ("API_URL",)),
    "stripe": ("STRIPE", ("API_URL", "PAGE_URL")),
}
# What the providers publish in their manuals, or what stands for them on a laptop: anybody can sign with it.
PUBLIC = {
    "momo": {
        "PARTNER_CODE": {"MOMO", "MOMOBKUN20180529", "MOMO5RGX20191128", "MOMOTEST01", "VOLTGOMOMO"},
        "ACCESS_KEY": {"F8BBA842ECF85", "klm05TvNBzhg7h7j", "M8brj9K6E22vXoDB"},
    },
    "payos": {
        "CLIENT_ID": {"voltgo-local"},
        "CHECKSUM_KEY": {"1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"},
    },
    "vnpay": {"TMN_CODE": {"VOLTGO01", "TEST_TMN_CODE"}},
}
# The account number of a laptop: money sent there would reach whoever has it.
INVENTED_ACCOUNT = "1234567890"
STRIPE_KEYS = ("sk_live_", "rk_live_")
STRIPE_WEBHOOK_SECRET = "whsec_"  # noqa: S105 (how it begins)


def payments_are_real() -> list[CheckMessage]:
    """Return what must not be in production."""
    methods = [method for method in settings.PAYMENT_METHODS if method in ALL_METHODS]
    return [
        *_unknown(),
        *(message for method in methods for message in _secrets_of(method)),
        *(message for method in methods for message in _addresses_of(method)),
        *(message for method in methods for message in _published(method)),
        *(_stripe() if "stripe" in methods else ()),
        *(_account() if "payos" in methods else ()),
    ]


def _unknown() -> Iterator[CheckMessage]:
    for method in settings.PAYMENT_METHODS:
        if method not in ALL_METHODS:
            yield Error(
                f"PAYMENT_METHODS names {method!r}, which is no method of payment.",
                hint=f"Choose among {', '.join(ALL_METHODS)}.",
                id="voltgo.E030",
            )
    if not settings.PAYMENT_METHODS:
        yield Error(
            "PAYMENT_METHODS is empty: nobody could pay for a booking.",
            hint=f"Choose among {', '.join(ALL_METHODS)}.",
            id="voltgo.E030",
        )


def _secrets_of(method: str) -> Iterator[CheckMessage]:
    name, parts = SECRETS[method]
    for part in parts:
        if MARK_OF_INVENTED_SECRETS in getattr(settings, name)[part]:
            yield Error(
                f"{name}_{part} is the invented value of a laptop.",
                hint="Set the secret that the provider gave you.",
                id="voltgo.E001",
            )


def _addresses_of(method: str) -> Iterator[CheckMessage]:
    name, parts = ADDRESSES[method]
    for part in parts:
        address = urlsplit(getattr(settings, name)[part])
        host = address.hostname or ""
        labels = [word for label in host.split(".") for word in label.split("-")]
        if address.scheme != "https" or host in LOOPBACK or any(_is_of_tests(word) for word in labels):
            yield Error(
                f"{name}_{part} points to a sandbox.",
                hint="Set the provider's production address, by https.",
                id="voltgo.E004",
            )


def _is_of_tests(word: str) -> bool:
    # Providers run words together: "sandboxapi"; "test" also begins honest names, so it stands alone.
    return "sandbox" in word or word in SANDBOX_WORDS


def _published(method: str) -> Iterator[CheckMessage]:
    name = SECRETS[method][0]
    for part, values in PUBLIC.get(method, {}).items():
        if getattr(settings, name)[part] in values:
            yield Error(
                f"{name}_{part} is a credential for tests that everybody knows.",
                hint="Set the one of your contract.",
                id="voltgo.E031",
            )


def _stripe() -> Iterator[CheckMessage]:
    key, webhook = settings.STRIPE["SECRET_KEY"], settings.STRIPE["WEBHOOK_SECRET"]
    if MARK_OF_INVENTED_SECRETS not in key and not key.startswith(STRIPE_KEYS):
        yield Error(
            "STRIPE_SECRET_KEY is no secret key for real payments.",
            hint="It begins with sk_live_ or rk_live_; sk_test_ takes no money, pk_ is public.",
            id="voltgo.E032",
        )
    if MARK_OF_INVENTED_SECRETS not in webhook and not (
        webhook.startswith(STRIPE_WEBHOOK_SECRET) and len(webhook) > len(STRIPE_WEBHOOK_SECRET)
    ):
        yield Error(
            "STRIPE_WEBHOOK_SECRET is no secret of a webhook endpoint: no payment would ever be confirmed.",
            hint="It begins with whsec_ and stands beside the endpoint in Stripe's dashboard.",
            id="voltgo.E033",
        )


def _account() -> Iterator[CheckMessage]:
    if settings.BANK_ACCOUNT["NUMBER"] == INVENTED_ACCOUNT:
        yield Error(
            "BANK_ACCOUNT_NUMBER is the invented account of a laptop: payers would send money to a stranger.",
            hint="Set the company's account.",
            id="voltgo.E034",
        )
