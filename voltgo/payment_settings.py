"""Which ways to pay there are, and who we are at each provider."""

from typing import Any

from voltgo.env import Environment

ALL_METHODS = ("vnpay", "momo", "payos", "stripe")


def payments_for(env: Environment, *, is_production: bool, environment: str) -> dict[str, Any]:
    """Return the payment settings. Outside production each provider is a sandbox on this machine.

    Only the methods that PAYMENT_METHODS names are offered, and only those need credentials.
    """
    methods = env.words("PAYMENT_METHODS", "vnpay" if is_production else ",".join(ALL_METHODS))

    def asked(method: str, name: str, local: str, cure: str) -> str:
        needed = is_production and method in methods
        return env.text(name, None if needed else ("" if is_production else local), cure=cure)

    def secret(method: str, name: str, cure: str) -> str:
        return asked(method, name, f"{environment}-only-{name.lower()}-not-a-secret", cure)

    found: dict[str, Any] = {
        "PAYMENT_METHODS": methods,
        "VNPAY": {
            "TMN_CODE": asked(
                "vnpay", "VNPAY_TMN_CODE", "VOLTGO01", "The terminal code that VNPay gave you."
            ),
            "HASH_SECRET": secret("vnpay", "VNPAY_HASH_SECRET", "The hash secret that VNPay gave you."),
            "PAY_URL": asked(
                "vnpay",
                "VNPAY_PAY_URL",
                "http://127.0.0.1:8001/paymentv2/vpcpay.html",
                "VNPay's payment page.",
            ),
            "API_URL": asked(
                "vnpay",
                "VNPAY_API_URL",
                "http://127.0.0.1:8001/merchant_webapi/api/transaction",
                "VNPay's query and refund address.",
            ),
        },
        "MOMO": {
            "PARTNER_CODE": asked("momo", "MOMO_PARTNER_CODE", "VOLTGOMOMO", "The partner code of MoMo."),
            "ACCESS_KEY": secret("momo", "MOMO_ACCESS_KEY", "The access key that MoMo gave you."),
            "SECRET_KEY": secret("momo", "MOMO_SECRET_KEY", "The secret key that MoMo gave you."),
            "API_URL": asked("momo", "MOMO_API_URL", "http://127.0.0.1:8002", "MoMo's API, without a path."),
        },
        "PAYOS": {
            "CLIENT_ID": asked("payos", "PAYOS_CLIENT_ID", "voltgo-local", "The client id of payOS."),
            "API_KEY": secret("payos", "PAYOS_API_KEY", "The API key of payOS."),
            "CHECKSUM_KEY": secret("payos", "PAYOS_CHECKSUM_KEY", "The checksum key of payOS."),
            "API_URL": asked(
                "payos", "PAYOS_API_URL", "http://127.0.0.1:8003", "payOS's API, without a path."
            ),
        },
        "STRIPE": {
            "SECRET_KEY": secret("stripe", "STRIPE_SECRET_KEY", "The secret key, sk_live_…"),
            "WEBHOOK_SECRET": secret("stripe", "STRIPE_WEBHOOK_SECRET", "The endpoint's secret, whsec_…"),
            "API_URL": asked(
                "stripe", "STRIPE_API_URL", "http://127.0.0.1:8004", "https://api.stripe.com in production."
            ),
            # Where Stripe shows its page; the browser is sent there, so the content policy must allow it.
            "PAGE_URL": asked(
                "stripe",
                "STRIPE_PAGE_URL",
                "http://127.0.0.1:8004",
                "https://checkout.stripe.com in production.",
            ),
        },
        # The account to which transfers go. Its statements are imported; payOS and VietQR name it to payers.
        "BANK_ACCOUNT": {
            "BIN": asked("payos", "BANK_BIN", "970436", "The bank's BIN, six digits (napas)."),
            "NUMBER": asked("payos", "BANK_ACCOUNT_NUMBER", "1234567890", "The account's number."),
            "NAME": asked("payos", "BANK_ACCOUNT_NAME", "CONG TY CO PHAN VOLTGO", "The account's holder."),
            "BANK": asked("payos", "BANK_NAME", "Vietcombank", "The bank's name."),
        },
        # Where files of providers and of the bank are dropped, a folder for each; empty: uploaded by people.
        "SETTLEMENT_INBOX": env.text(
            "SETTLEMENT_INBOX",
            "",
            cure="A folder with one folder for each of vnpay, momo, stripe and bank.",
        ),
        # Above this a refund that staff ask for needs a second person.
        "REFUND_APPROVAL_LIMIT": env.number("REFUND_APPROVAL_LIMIT", 2_000_000),
        # Above this a difference in a drawer needs a second person.
        "CASH_VARIANCE_LIMIT": env.number("CASH_VARIANCE_LIMIT", 20_000),
        # From this amount businesses need proof of a payment that is not cash (Decree 181/2025).
        "CASH_VAT_PROOF_FROM": env.number("CASH_VAT_PROOF_FROM", 5_000_000),
        # The company's own letters in the serial of e-invoices, registered with the tax authority: C26TVG.
        "EINVOICE_SERIAL": env.text(
            "EINVOICE_SERIAL", "TVG", cure="The letters after the year in the registered serial."
        ),
        # Older payments are not returned by a provider's call; finance transfers them.
        "REFUND_WITHIN_DAYS": env.number("REFUND_WITHIN_DAYS", 180),
    }
    addresses = (
        found["VNPAY"]["PAY_URL"],
        found["MOMO"]["API_URL"],
        found["PAYOS"]["API_URL"],
        found["STRIPE"]["PAGE_URL"],
    )
    found["ORIGINS"] = sorted({"/".join(address.split("/")[:3]) for address in addresses if address})
    return found
