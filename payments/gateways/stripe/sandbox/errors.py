"""Stripe's refusals: a status and an error object."""

from typing import Any

from payments.gateways.stripe.protocol import Json

INVALID = "invalid_request_error"


class ApiError(Exception):
    """Ends a call of the API with an error."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {
            "error": {
                "type": kind,
                "message": message,
                **{name: value for name, value in more.items() if value},
            }
        }


def invalid(message: str, *, param: str = "", code: str = "", **more: Any) -> ApiError:
    """Return the refusal of a request that makes no sense as things stand."""
    return ApiError(400, INVALID, message, param=param, code=code, **more)


def missing(what: str, number: str) -> ApiError:
    return ApiError(404, INVALID, f"No such {what}: '{number}'", code="resource_missing", param="id")


def declined(decline_code: str, intent: Json) -> ApiError:
    """Return what the card's bank says no with; the payment intent comes along as it is now."""
    code, reason = split(decline_code)
    message = "Your card was declined."
    if code == "authentication_required":
        message = "This transaction requires authentication."
    return ApiError(
        402,
        "card_error",
        message,
        code=code,
        decline_code=reason,
        charge=intent["latest_charge"],
        payment_intent=intent,
    )


def split(decline_code: str) -> tuple[str, str]:
    """Return Stripe's code and decline code for what went wrong with a card."""
    if decline_code in {"expired_card", "incorrect_cvc", "authentication_required"}:
        return decline_code, decline_code
    if decline_code == "payment_intent_authentication_failure":
        return decline_code, ""
    return "card_declined", decline_code
