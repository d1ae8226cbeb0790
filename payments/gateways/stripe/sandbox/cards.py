"""The test cards of the hosted page; the names of most are those of Stripe's own test mode."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """One card and how its bank behaves."""

    token: str
    brand: str
    last4: str
    label: str
    label_en: str
    # What the bank says when the payer is there; empty is yes.
    refusal: str = ""
    # What it says later, without the payer.
    later: str = ""
    asks_for_code: bool = False
    disputes: bool = False


CARDS = {
    card.token: card
    for card in (
        Card("pm_card_visa", "visa", "4242", "Visa 4242: thanh toán được", "Visa 4242: works"),
        Card("pm_card_mastercard", "mastercard", "4444", "Mastercard 4444: được", "Mastercard 4444: works"),
        Card(
            "pm_card_authenticationRequiredOnSetup",
            "visa",
            "3155",
            "Visa 3155: hỏi mã xác thực (3-D Secure)",
            "Visa 3155: asks for a code (3-D Secure)",
            asks_for_code=True,
        ),
        Card(
            "pm_card_authenticationRequired",
            "visa",
            "3184",
            "Visa 3184: lần nào cũng hỏi mã, nên không giữ cọc được",
            "Visa 3184: asks every time, so no deposit can be held",
            asks_for_code=True,
            later="authentication_required",
        ),
        Card(
            "pm_card_visa_chargeDeclined",
            "visa",
            "0002",
            "Visa 0002: bị từ chối",
            "Visa 0002: declined",
            refusal="generic_decline",
            later="generic_decline",
        ),
        Card(
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "visa",
            "9995",
            "Visa 9995: không đủ tiền",
            "Visa 9995: no money",
            refusal="insufficient_funds",
            later="insufficient_funds",
        ),
        Card(
            "pm_card_chargeCustomerFail",
            "visa",
            "0341",
            "Visa 0341: trả được, sau đó không giữ cọc được",
            "Visa 0341: pays now, refuses the deposit later",
            later="insufficient_funds",
        ),
        Card(
            "pm_card_createDispute",
            "visa",
            "0259",
            "Visa 0259: trả được, sau đó khiếu nại",
            "Visa 0259: pays now, disputes it later",
            disputes=True,
        ),
    )
}
MAIN = "pm_card_visa"
